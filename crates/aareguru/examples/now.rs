//! Prints the water temperature at a place: `cargo run --example now -- thun`.
//!
//! With `--recorded`, uses a recording instead of the live API.
#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use aareguru::{CREDIT, Client, Config, Place, River, local_time};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, names): (Vec<_>, Vec<_>) = std::env::args()
        .skip(1)
        .partition(|arg| arg.starts_with("--"));
    let client = match flags.as_slice() {
        [] => Client::new(&Config::default())?,
        [flag] if flag == "--recorded" => Client::recorded(),
        _ => return Err("usage: now [--recorded] [PLACE]".into()),
    };
    let place = Place::find(names.first().map_or("bern", String::as_str))?;

    let river = River::new(client);
    let now = river.current_temperature(place).await?;
    let value = now
        .water
        .value(river.now())
        .map_or("unknown".to_owned(), |degrees| format!("{degrees:.1} °C"));
    let time = now
        .water
        .measured_at(river.now())
        .map_or("at an unknown time".to_owned(), local_time);
    let recorded = if now.water.recorded_on.is_some() {
        ", a recording"
    } else {
        ""
    };
    println!(
        "{} ({}): {value}, {time}{recorded}",
        place.name(),
        place.station()
    );
    if let Some(trouble) = now.upstream_trouble {
        println!("Note: {trouble}.");
    }
    println!("{CREDIT}");
    Ok(())
}
