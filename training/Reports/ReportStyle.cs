namespace Orrery.Training.Reports;

/// <summary>How the HTML report looks.</summary>
internal static class ReportStyle
{
    /// <summary>The style sheet. Lines differ in colour (the palette of Okabe and Ito, made lighter in the dark) and in dashes.</summary>
    internal const string Sheet = """
        :root { color-scheme: light dark; --page: #fbfbfa; --card: #fff; --ink: #1d2126; --soft: #5b6570; --rule: #dfe3e8;
          --right: #0a6ebd; --wrong: #c4541a; --on-strong: #fff;
          --c0: #0072b2; --c1: #d55e00; --c2: #00805d; --c3: #b0528b; --c4: #8a6d00; --c5: #4a4e9c; }
        @media (prefers-color-scheme: dark) { :root { --page: #14171a; --card: #1c2024; --ink: #e8eaed; --soft: #a3acb6; --rule: #343a41;
          --right: #4fa3e0; --wrong: #e8894f; --on-strong: #0d0f11;
          --c0: #56b4e9; --c1: #f0904a; --c2: #3cc79e; --c3: #df8fbd; --c4: #e0c04a; --c5: #a2a6f0; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
        main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
        h3 { font-size: 1rem; margin: 0 0 .5rem; }
        p { margin: 0 0 .75rem; max-width: 70ch; color: var(--soft); }
        .headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
        .headlines div { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: .6rem .8rem; }
        dt { color: var(--soft); font-size: .85rem; }
        dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); column-gap: 1.5rem; align-items: start; }
        .facts section { min-width: 0; }
        .facts table { width: 100%; }
        .facts th { width: 34%; }
        .facts td { overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; background: var(--card); border: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
        thead th { color: var(--soft); font-weight: 600; font-size: .85rem; vertical-align: bottom; }
        tbody th { font-weight: 500; overflow-wrap: anywhere; }
        tbody tr:last-child > * { border-bottom: 0; }
        .number { text-align: right; white-space: nowrap; }
        .heat th[scope=row] { white-space: nowrap; max-width: 18rem; overflow: hidden; text-overflow: ellipsis; }
        .heat thead th + th { text-align: center; }
        .heat thead span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); max-height: 11rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .heat td { text-align: center; min-width: 3rem; border: 1px solid var(--rule); }
        .right { background: color-mix(in srgb, var(--right) var(--share), var(--card)); }
        .wrong { background: color-mix(in srgb, var(--wrong) calc(8% + var(--share)), var(--card)); }
        .strong { color: var(--on-strong); font-weight: 600; }
        .none { color: var(--soft); opacity: .6; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
        figure { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; min-width: 0; }
        figure > svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
        svg .axis { fill: var(--ink); font-size: 13px; }
        .grid { stroke: var(--rule); fill: none; }
        .diagonal { stroke: var(--soft); fill: none; stroke-dasharray: 2 4; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); stroke-dasharray: 9 3; } .c2 { stroke: var(--c2); stroke-dasharray: 3 3; }
        .c3 { stroke: var(--c3); stroke-dasharray: 9 3 2 3; } .c4 { stroke: var(--c4); stroke-dasharray: 14 4; } .c5 { stroke: var(--c5); stroke-dasharray: 6 2 2 2 2 2; }
        .bar { fill: var(--rule); } .dot { fill: var(--c0); }
        figcaption ul { list-style: none; margin: .5rem 0 0; padding: 0; }
        figcaption li { display: flex; gap: .6rem; align-items: baseline; overflow-wrap: anywhere; font-size: .85rem; }
        figcaption p { margin: .3rem 0 0; font-size: .85rem; }
        .swatch { flex: none; width: 28px; height: 8px; }
        @media print { body { background: none; } section, figure { break-inside: avoid; } }
        """;
}
