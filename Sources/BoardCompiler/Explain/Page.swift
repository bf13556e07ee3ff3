import Pictures

/// An HTML page that prints on A4 and loads nothing.
enum Page {
    /// - Parameters:
    ///   - title: as text; it is escaped here.
    ///   - content: markup.
    static func html(title: String, _ content: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>\(markup(title))</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>
        body { font: 14px/1.4 sans-serif; margin: 2em; color: #111; background: #fff; }
        table { border-collapse: collapse; }
        th, td { border: 1px solid #888; padding: 4px 8px; text-align: left; vertical-align: top; }
        thead th { background: #eee; } td.number, th.number { text-align: right; }
        table.matrix th, table.matrix td { text-align: center; vertical-align: middle; }
        table.matrix th.target { vertical-align: bottom; } table.matrix th.cause { text-align: left; font-weight: 600; } table.matrix td.kind { text-align: left; color: #555; }
        /* Sideways, or quotation marks are drawn as those of upright vertical text. */
        th.target > span { display: inline-block; writing-mode: vertical-rl; text-orientation: sideways; transform: rotate(180deg); text-align: left; max-height: 9em; }
        td.set { background: #fdeeb0; font-weight: 600; } tbody tr:hover { background: #f3f3f3; }
        small { color: #555; font-weight: 400; } dt { float: left; clear: left; width: 3em; font-weight: 600; }
        nav ul { columns: 14em; padding-left: 1.2em; } svg { max-width: 100%; height: auto; border: 1px solid #ddd; }
        @media print {
          body { margin: 1cm; } @page { size: A4 landscape; } nav { display: none; }
          section { break-inside: avoid-page; } svg { border: 0; max-height: 18cm; }
        }
        </style></head><body>
        \(content)</body></html>

        """
    }
}
