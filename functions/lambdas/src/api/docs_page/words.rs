//! Texts of the document on the page: the little Markdown that descriptions use.

/// Text that stands for itself in HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A sentence with its `code`.
pub fn inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    for (place, part) in text.split('`').enumerate() {
        match place % 2 {
            0 => html.push_str(&escaped(part)),
            _ => html.push_str(&format!("<code>{}</code>", escaped(part))),
        }
    }
    html
}

/// Paragraphs and tables.
pub fn markdown(text: &str) -> String {
    text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).map(block).collect()
}

fn block(text: &str) -> String {
    if !text.starts_with('|') {
        return format!("<p>{}</p>", inline(&text.replace('\n', " ")));
    }
    let is_rule = |line: &&str| line.chars().all(|c| matches!(c, '|' | '-' | ' ' | ':'));
    let rows: String = text.lines().filter(|line| !is_rule(line)).enumerate().map(|(at, line)| row(at, line)).collect();
    format!("<table class=\"wide\">{rows}</table>")
}

fn row(at: usize, line: &str) -> String {
    let cell = if at == 0 { "th" } else { "td" };
    let cells = line.trim().trim_matches('|').split('|');
    let cells: String = cells.map(|text| format!("<{cell}>{}</{cell}>", inline(text.trim()))).collect();
    format!("<tr>{cells}</tr>")
}
