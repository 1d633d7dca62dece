//! Draws charts as SVG, for light and dark backgrounds.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

const WIDTH: u32 = 720;
const PANEL_HEIGHT: u32 = 200;
const RIGHT_MARGIN: u32 = 120;
const GREY: RGBColor = RGBColor(0x76, 0x76, 0x76);

/// Distinguishable with color blindness (Okabe and Ito).
const COLORS: [RGBColor; 3] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
];

/// A title, and named lines.
#[derive(Debug)]
pub(crate) struct Panel(
    pub(crate) &'static str,
    pub(crate) Vec<(&'static str, Vec<(f64, f64)>)>,
);

pub(crate) fn lines(x_label: &str, panels: &[Panel]) -> anyhow::Result<String> {
    let mut svg = String::new();
    let height = PANEL_HEIGHT * u32::try_from(panels.len())?;
    let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    for (area, panel) in root.split_evenly((panels.len(), 1)).iter().zip(panels) {
        panel.draw(x_label, area)?;
    }
    drop(root);
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

impl Panel {
    fn draw(&self, x_label: &str, area: &Area<'_>) -> anyhow::Result<()> {
        let text = ("sans-serif", 15).into_font().color(&GREY);
        let max = |of: fn(&(f64, f64)) -> f64| {
            let values = self.1.iter().flat_map(|(_, points)| points.iter().map(of));
            let max = values.fold(0.0, f64::max);
            if max > 0.0 { max } else { 1.0 }
        };
        let label = |value: &f64| ((value * 1e3).round() / 1e3).to_string();
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(RIGHT_MARGIN)
            .caption(self.0, ("sans-serif", 16).into_font().color(&GREY))
            .x_label_area_size(34)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..max(|point| point.0), 0.0..max(|point| point.1) * 1.05)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.3))
            .axis_style(GREY.mix(0.3))
            .label_style(text.clone())
            .y_labels(5)
            .x_label_formatter(&label)
            .y_label_formatter(&label)
            .x_desc(x_label)
            .draw()?;
        for (index, (name, points)) in self.1.iter().enumerate() {
            let color = COLORS[index % COLORS.len()];
            chart.draw_series(LineSeries::new(
                points.iter().copied(),
                color.stroke_width(2),
            ))?;
            let position = (
                i32::try_from(WIDTH - RIGHT_MARGIN)? + 8,
                28 + 16 * i32::try_from(index)?,
            );
            area.draw_text(name, &text.clone().color(&color), position)?;
        }
        Ok(())
    }
}

/// Draws one horizontal bar for each number.
pub(crate) fn bars(title: &str, bars: &[(String, f64)]) -> anyhow::Result<String> {
    const HEIGHT: i32 = 26;
    const TOP: i32 = 28;
    const NAMES: i32 = 130;
    let text = ("sans-serif", 15).into_font().color(&GREY);
    let name = text.clone().pos(Pos::new(HPos::Right, VPos::Center));
    let number = text.clone().pos(Pos::new(HPos::Left, VPos::Center));
    let longest = f64::from(i32::try_from(WIDTH)? - NAMES - 60);
    let greatest = bars
        .iter()
        .map(|(_, value)| *value)
        .fold(f64::MIN_POSITIVE, f64::max);

    let mut svg = String::new();
    let height = TOP + HEIGHT * i32::try_from(bars.len())? + 8;
    let root =
        SVGBackend::with_string(&mut svg, (WIDTH, height.unsigned_abs())).into_drawing_area();
    root.draw_text(title, &text, (4, 8))?;
    for ((label, value), y) in bars
        .iter()
        .zip((TOP..).step_by(HEIGHT.unsigned_abs() as usize))
    {
        let end = NAMES + (value / greatest * longest) as i32;
        let (top, bottom, middle) = (y, y + HEIGHT - 6, y + HEIGHT / 2 - 3);
        root.draw(&Rectangle::new(
            [(NAMES, top), (end, bottom)],
            COLORS[0].filled(),
        ))?;
        root.draw_text(label, &name, (NAMES - 8, middle))?;
        root.draw_text(&format!("{value:.1}"), &number, (end + 6, middle))?;
    }
    drop(root);
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_bar_is_the_greatest_number() {
        let chart = bars("CPU", &[("a".to_owned(), 30.0), ("b".to_owned(), 60.0)]).unwrap();
        assert!(
            chart.contains(r#"width="265""#) && chart.contains(r#"width="530""#),
            "{chart}"
        );
    }

    #[test]
    fn chart_contains_its_lines() {
        let points = vec![(0.0, 1.0), (2.0, 4.0)];
        let chart = lines("seconds", &[Panel("a < b", vec![("p99", points)])]).unwrap();
        assert!(
            chart.contains("a &lt; b") && chart.contains("p99"),
            "{chart}"
        );
        assert_eq!(chart.matches("stroke=\"#0072B2\"").count(), 1, "{chart}");
        assert!(
            chart.starts_with("<svg ") && chart.ends_with("</svg>\n"),
            "{chart}"
        );
    }
}
