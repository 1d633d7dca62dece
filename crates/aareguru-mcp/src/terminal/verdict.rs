//! What is said to a swimmer, and why.

use aareguru::Advice;

use super::screen::Screen;

/// Draws the verdict.
pub(super) fn draw(screen: &mut Screen, advice: &Advice) {
    screen.verdict(advice.verdict.into(), &advice.headline());
}

/// Draws its reasons, each with who says so and when, and what no number tells.
pub(super) fn draw_reasons(screen: &mut Screen, advice: &Advice) {
    screen.heading("Why");
    for reason in &advice.reasons {
        let sources = reason.sources.iter();
        let sources: Vec<_> = sources
            .map(|it| format!("{}, {}", it.name, it.date))
            .collect();
        screen.point(&reason.text, &sources.join("; "));
    }
    screen.warning(Advice::BOUNDARY);
}
