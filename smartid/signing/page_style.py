"""How the page to print looks: A4, two languages, legible in black and white."""

from __future__ import annotations

STYLE = """
@page { size: A4; margin: 16mm 14mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.65 Vazirmatn, "Noto Naskh Arabic", "Noto Sans Arabic",
  "DejaVu Sans", Tahoma, sans-serif;
  color: #1b1f24; background: #fff; max-width: 190mm; margin: 0 auto; padding: 8mm; }
@media print { body { max-width: none; padding: 0; } }
[lang=en] { font-family: "DejaVu Sans", "Noto Sans", Arial, sans-serif; font-size: 8.5pt; line-height: 1.5; }
header { display: flex; justify-content: space-between; align-items: baseline;
  border-bottom: 2pt solid #1b1f24; }
h1 { font-size: 17pt; margin: 0; } header .en { font-size: 12pt; margin: 0; color: #444; }
h2 { font-size: 13pt; margin: 6mm 0 0; overflow-wrap: anywhere; }
h3 { font-size: 11pt; margin: 4mm 0 2mm; color: #444; }
.digest { font: 7.5pt/1.4 "DejaVu Sans Mono", monospace; color: #555; margin: 1mm 0 0; text-align: right;
  overflow-wrap: anywhere; }
.answer { display: flex; justify-content: space-between; align-items: center; gap: 6mm; border: 1.5pt solid;
  border-inline-start-width: 8pt; border-radius: 2mm; padding: 2.5mm 5mm; break-inside: avoid;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.answer strong { font-size: 15pt; } .answer [lang=en] { font-size: 9.5pt; text-align: left; }
.passed.answer { color: #0b5d2a; background: #e9f6ee; border-color: #14813c; }
.open.answer { color: #6b4a00; background: #fdf4dc; border-color: #b98000; }
.failed.answer { color: #8c1414; background: #fdeaea; border-color: #b71c1c; }
.throw-away { border: 1.5pt dashed #b71c1c; color: #b71c1c; font-weight: bold; padding: 1.5mm 5mm;
  margin-top: 2mm; border-radius: 2mm; break-inside: avoid; }
.throw-away p { margin: 0; } .throw-away [lang=en] { text-align: left; }
.words { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm; margin: 2mm 0; } .words p { margin: 0; }
.en { text-align: left; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0; }
tr { break-inside: avoid; } td, th { padding: 1mm 2mm; border-bottom: .5pt solid #d5d9de; vertical-align: top;
  font-weight: normal; text-align: start; }
.facts th { color: #555; white-space: nowrap; width: 1%; } .facts th.en { text-align: left; }
.facts td { text-align: left; overflow-wrap: anywhere; font-family: "DejaVu Sans", Vazirmatn, sans-serif;
  font-size: 9pt; }
.checks { font-size: 9pt; }
.checks thead th { color: #555; border-bottom-color: #888; }
.checks .mark { width: 1%; font-weight: bold; }
.checks .en { text-align: left; overflow-wrap: anywhere; width: 62%; }
.checks tr.passed .mark { color: #14813c; } .checks tr.failed { color: #8c1414; font-weight: bold; }
.checks tr.not_checked { color: #666; }
.overview { font-size: 9pt; }
.overview td:first-child { text-align: left; overflow-wrap: anywhere; width: 60%; }
.overview a { color: inherit; }
article { margin-bottom: 6mm; } section + section { border-top: 1pt solid #888; margin-top: 6mm; }
footer { border-top: .5pt solid #888; margin-top: 6mm; padding-top: 1mm; color: #555; text-align: left; }
"""
"""CSS of the page. Fonts are those of the machine; none is fetched."""
