//! Numbers as a chart in SVG, for documents: lines over an axis, one panel
//! below the other. It is read on light and on dark paper.

use std::fmt;

const WIDTH: f64 = 720.0;
const PANEL_HEIGHT: f64 = 200.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 36.0;

/// Told apart without seeing red from green (Okabe and Ito).
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];

#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) panels: Vec<Panel>,
}

#[derive(Debug)]
pub(crate) struct Panel {
    title: String,
    x_label: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// From zero to a round number that is not less than the greatest value.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    end: f64,
    step: f64,
}

impl Panel {
    pub(crate) fn new(title: &str, x_label: &str) -> Self {
        Self {
            title: title.to_owned(),
            x_label: x_label.to_owned(),
            lines: Vec::new(),
        }
    }

    /// Points that are no number are left out.
    pub(crate) fn line(mut self, name: &str, points: Vec<(f64, f64)>) -> Self {
        let mut points = points;
        points.retain(|(x, y)| x.is_finite() && y.is_finite());
        self.lines.push(Line {
            name: name.to_owned(),
            points,
        });
        self
    }

    fn axis(&self, of: fn(&(f64, f64)) -> f64) -> Axis {
        let values = self
            .lines
            .iter()
            .flat_map(|line| line.points.iter().map(of));
        Axis::to(values.fold(0.0, f64::max))
    }
}

impl Axis {
    fn to(greatest: f64) -> Self {
        if greatest <= 0.0 {
            return Self {
                end: 1.0,
                step: 1.0,
            };
        }
        let power = 10_f64.powf((greatest / 4.0).log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|digit| digit * power)
            .find(|step| step * 4.0 >= greatest)
            .unwrap_or(10.0 * power);
        Self {
            end: (greatest / step).ceil() * step,
            step,
        }
    }

    fn ticks(self) -> impl Iterator<Item = f64> {
        let count = (self.end / self.step).round() as u32;
        (0..=count).map(move |tick| f64::from(tick) * self.step)
    }

    fn label(self, tick: f64) -> String {
        let decimals = if self.step >= 1.0 && self.step.fract() == 0.0 {
            0
        } else if self.step >= 0.1 {
            1
        } else {
            3
        };
        format!("{tick:.decimals$}")
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let height = PANEL_HEIGHT * self.panels.len() as f64;
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\" fill=\"#767676\">"
        )?;
        for (index, panel) in self.panels.iter().enumerate() {
            panel.draw(f, PANEL_HEIGHT * index as f64)?;
        }
        writeln!(f, "</svg>")
    }
}

impl Panel {
    fn draw(&self, f: &mut fmt::Formatter<'_>, top: f64) -> fmt::Result {
        let (across, up) = (self.axis(|point| point.0), self.axis(|point| point.1));
        let (width, height) = (WIDTH - LEFT - RIGHT, PANEL_HEIGHT - TOP - BOTTOM);
        let bottom = top + TOP + height;
        let x_of = |x: f64| LEFT + x / across.end * width;
        let y_of = |y: f64| bottom - y / up.end * height;

        writeln!(
            f,
            "<text x=\"{LEFT}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>",
            top + 16.0,
            escaped(&self.title)
        )?;
        for tick in up.ticks() {
            let y = y_of(tick);
            let right = LEFT + width;
            writeln!(
                f,
                "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#7676764d\"/>"
            )?;
            let (x, y) = (LEFT - 6.0, y + 4.0);
            writeln!(
                f,
                "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
                up.label(tick)
            )?;
        }
        for tick in across.ticks() {
            let (x, y) = (x_of(tick), bottom + 16.0);
            writeln!(
                f,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                across.label(tick)
            )?;
        }
        let (x, y) = (LEFT + width + 8.0, bottom + 16.0);
        writeln!(
            f,
            "<text x=\"{x}\" y=\"{y:.1}\">{}</text>",
            escaped(&self.x_label)
        )?;

        for (index, line) in self.lines.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let points = line
                .points
                .iter()
                .map(|(x, y)| format!("{:.1},{:.1}", x_of(*x), y_of(*y)))
                .collect::<Vec<_>>()
                .join(" ");
            writeln!(
                f,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
            )?;
            let (x, y) = (LEFT + width + 8.0, top + TOP + 8.0 + 16.0 * index as f64);
            writeln!(
                f,
                "<text x=\"{x}\" y=\"{y:.1}\" fill=\"{colour}\">{}</text>",
                escaped(&line.name)
            )?;
        }
        Ok(())
    }
}

/// One number of each of several, side by side.
#[derive(Debug)]
pub(crate) struct Bars {
    pub(crate) title: String,
    pub(crate) bars: Vec<(String, f64)>,
}

impl fmt::Display for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BAR: f64 = 26.0;
        const NAMES: f64 = 130.0;
        let greatest = self
            .bars
            .iter()
            .map(|(_, value)| *value)
            .fold(0.0, f64::max);
        let height = TOP + BAR * self.bars.len() as f64 + 8.0;
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\" fill=\"#767676\">"
        )?;
        let title = escaped(&self.title);
        writeln!(
            f,
            "<text x=\"4\" y=\"16\" font-weight=\"bold\">{title}</text>"
        )?;
        for (index, (name, value)) in self.bars.iter().enumerate() {
            let y = TOP + BAR * index as f64;
            let width = if greatest > 0.0 {
                value / greatest * (WIDTH - NAMES - 60.0)
            } else {
                0.0
            };
            let (text_y, end) = (y + 15.0, NAMES + width + 6.0);
            let (x, name) = (NAMES - 8.0, escaped(name));
            let (colour, bar) = (COLOURS[0], BAR - 6.0);
            writeln!(
                f,
                "<text x=\"{x}\" y=\"{text_y:.1}\" text-anchor=\"end\">{name}</text>\n\
                 <rect x=\"{NAMES}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{bar}\" fill=\"{colour}\"/>\n\
                 <text x=\"{end:.1}\" y=\"{text_y:.1}\">{value:.1}</text>"
            )?;
        }
        writeln!(f, "</svg>")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_with_a_round_number() {
        for (greatest, end, step) in [
            (0.0, 1.0, 1.0),
            (7.0, 8.0, 2.0),
            (100.0, 100.0, 25.0),
            (19_936.0, 20_000.0, 5_000.0),
            (0.3, 0.3, 0.1),
        ] {
            let axis = Axis::to(greatest);
            assert!(
                (axis.end - end).abs() < 1e-9 && (axis.step - step).abs() < 1e-9,
                "{axis:?}"
            );
        }
    }

    #[test]
    fn the_longest_bar_is_the_greatest_number() {
        let bars = [("a", 30.0), ("b", 60.0)].map(|(name, value)| (name.to_owned(), value));
        let chart = Bars {
            title: "CPU".to_owned(),
            bars: bars.into(),
        }
        .to_string();
        assert!(
            chart.contains("width=\"265.0\"") && chart.contains("width=\"530.0\""),
            "{chart}"
        );
    }

    #[test]
    fn a_chart_holds_its_lines_and_leaves_out_what_is_unknown() {
        let points = vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 4.0)];
        let panel = Panel::new("a < b", "seconds").line("p99", points);
        let chart = Chart {
            panels: vec![panel],
        }
        .to_string();
        assert!(chart.contains("a &lt; b"), "{chart}");
        assert!(
            chart.contains("<polyline points=\"64.0,130.0 600.0,28.0\""),
            "{chart}"
        );
        assert!(
            chart.starts_with("<svg ") && chart.ends_with("</svg>\n"),
            "{chart}"
        );
    }
}
