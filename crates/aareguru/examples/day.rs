//! Prints the measurements of the last 24 hours at a gauge: `cargo run --example day -- thun`.
//!
//! With `--recorded`, uses a recording of Bern instead of the live API.
#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use aareguru::{CREDIT, Client, Config, Place, local_time};
use jiff::{Timestamp, ToSpan};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, names): (Vec<_>, Vec<_>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    let client = match flags.as_slice() {
        [] => Client::new(&Config::default())?,
        [flag] if flag == "--recorded" => Client::recorded(),
        _ => return Err("usage: day [--recorded] [PLACE]".into()),
    };
    let place = Place::find(names.first().map_or("bern", String::as_str))?;

    let now = Timestamp::now();
    let day = client.hydro_daterange(place, now - 24.hours(), now).await?;
    if let Some(recorded_on) = day.recorded_on() {
        println!("A recording of {recorded_on}:");
    }
    let show = |value: Option<f64>| value.map_or("unknown".to_owned(), |value| value.to_string());
    for point in &day.points {
        let at = point.timestamp.map(Timestamp::from_second).transpose()?;
        println!(
            "{}: {} °C, {} m³/s",
            at.map_or("at an unknown time".to_owned(), local_time),
            show(point.temperature),
            show(point.flow)
        );
    }
    println!("{CREDIT}");
    Ok(())
}
