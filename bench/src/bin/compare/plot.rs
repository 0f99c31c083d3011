//! Charts as SVG, for light and dark pages.

use std::{fmt::Write as _, fs, path::Path};

use crate::rounds::{Row, Spread};

const WIDTH: f64 = 760.0;
const NAMES: f64 = 300.0;
const NUMBERS: f64 = 60.0;
const LINE: f64 = 26.0;
const TOP: f64 = 44.0;

/// Text and whiskers take the page's ink, which an image has to be told: it doesn't inherit it.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.note{fill:#59636e}
.ours{fill:#0969da}.other{fill:#afb8c1}.spread{stroke:#1f2328;stroke-width:1.5}.base{stroke:#59636e;stroke-dasharray:3 3}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}.ours{fill:#4493f8}.other{fill:#656c76}
.spread{stroke:#f0f6fc}.base{stroke:#9198a1}}";

/// A colour for each curve, of which a page of either kind lets all be seen.
const COLOURS: [&str; 7] = [
    "#0969da", "#1a7f37", "#bf8700", "#8250df", "#cf222e", "#59636e", "#0a7ea4",
];

/// Draws the ratios to the first of the rows. Bars of axum-webhook stand out; whiskers are p10 to p90.
pub fn bars(file: &Path, title: &str, rows: &[Row]) {
    let ratios: Vec<Spread> = rows.iter().map(|row| row.ratio(&rows[0])).collect();
    let largest = ratios.iter().map(|ratio| ratio.p90).fold(1.0, f64::max);
    let at = |ratio: f64| NAMES + ratio / largest * (WIDTH - NAMES - NUMBERS);
    let height = TOP + LINE * f64::from(u32::try_from(rows.len()).expect("not many")) + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n</style>\n\
         <text class=\"title\" x=\"8\" y=\"22\">{title}</text>\n"
    );
    let mut y = TOP;
    for (row, ratio) in rows.iter().zip(&ratios) {
        let class = if row.name.starts_with("axum-webhook") {
            "ours"
        } else {
            "other"
        };
        let (end, middle) = (at(ratio.median), y + LINE / 2.0);
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"{NAMES}\" y=\"{:.0}\" width=\"{:.1}\" height=\"16\"/>\
             <line class=\"spread\" x1=\"{:.1}\" y1=\"{middle:.0}\" x2=\"{:.1}\" y2=\"{middle:.0}\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\">{:.2}</text>",
            NAMES - 8.0,
            middle + 4.0,
            row.name,
            middle - 8.0,
            end - NAMES,
            at(ratio.p10),
            at(ratio.p90),
            at(ratio.p90) + 6.0,
            middle + 4.0,
            ratio.median,
        );
        y += LINE;
    }
    let one = at(1.0);
    let _ = writeln!(
        svg,
        "<line class=\"base\" x1=\"{one:.1}\" y1=\"{TOP}\" x2=\"{one:.1}\" y2=\"{y:.0}\"/>\n</svg>"
    );
    fs::write(file, svg).expect("the plot can be written");
}

/// What becomes of a ratio as something grows.
pub struct Curve<'a> {
    pub name: &'a str,
    pub points: Vec<(usize, Spread)>,
}

/// Draws curves over a logarithmic axis, from 1 to 100 000 and from a ratio of 0.
pub fn curves(file: &Path, title: &str, curves: &[Curve<'_>]) {
    const BOTTOM: f64 = 240.0;
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let largest = points().map(|point| point.1.median).fold(1.5, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "it is to be drawn")]
    let across = |count: usize| 40.0 + (count as f64).log10() / 5.0 * (WIDTH - 80.0);
    let up = |ratio: f64| BOTTOM - ratio / largest * (BOTTOM - TOP);
    let height = BOTTOM + 30.0 + LINE * f64::from(u32::try_from(curves.len()).expect("not many"));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n</style>\n\
         <text class=\"title\" x=\"8\" y=\"22\">{title}</text>\n"
    );
    for count in (0..6).map(|zeros| 10_usize.pow(zeros)) {
        let _ = writeln!(
            svg,
            "<text class=\"note\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{count}</text>",
            across(count),
            BOTTOM + 18.0
        );
    }
    let _ = writeln!(
        svg,
        "<line class=\"base\" x1=\"40\" y1=\"{0:.1}\" x2=\"{1:.1}\" y2=\"{0:.1}\"/>\
         <text class=\"note\" x=\"8\" y=\"{2:.1}\">1.0</text>",
        up(1.0),
        WIDTH - 40.0,
        up(1.0) + 4.0
    );
    let mut y = BOTTOM + 40.0;
    for (curve, colour) in curves.iter().zip(COLOURS) {
        let places: String = curve
            .points
            .iter()
            .map(|(count, ratio)| format!("{:.1},{:.1} ", across(*count), up(ratio.median)))
            .collect();
        let last = curve.points.last().map_or(1.0, |point| point.1.median);
        let _ = writeln!(
            svg,
            "<polyline points=\"{places}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <rect x=\"40\" y=\"{:.0}\" width=\"16\" height=\"4\" fill=\"{colour}\"/>\
             <text x=\"64\" y=\"{y:.0}\">{}: {last:.2} where there are most</text>",
            y - 6.0,
            curve.name
        );
        y += LINE;
    }
    svg += "</svg>\n";
    fs::write(file, svg).expect("the plot can be written");
}
