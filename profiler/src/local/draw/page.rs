//! The page: an SVG in HTML, in one file that fetches nothing.

/// What comes before and after the SVG. Nothing is allowed but its styles.
const BEFORE: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Profile</title>
<style>
body { margin: 16px auto; max-width: 1600px; background: #ffffff; color: #1f2937; }
svg { display: block; width: 100%; height: auto; }
rect.task:hover, rect.tasks:hover, path.held:hover { filter: brightness(0.8); }
</style>
</head>
<body>
";
const AFTER: &str = "</body>\n</html>\n";

/// The page of an SVG.
pub(super) fn html(svg: &str) -> String {
    [BEFORE, svg, AFTER].concat()
}
