// Reads messages in hexadecimal, one a line, and gives their fields as JSON. The fields of 1993 that differ are told.
const modules = process.argv[2];
const iso8583 = require(`${modules}/node_modules/iso_8583`);
const fixed = (size, kind) => ({ ContentType: kind, Label: "1993", LenType: "fixed", MaxLen: size });
const formats = { 12: fixed(12, "n"), 22: fixed(12, "an"), 24: fixed(3, "n"), 25: fixed(4, "n"),
  26: fixed(4, "n"), 30: fixed(24, "n"), 39: fixed(3, "n"),
  56: { ContentType: "ans", Label: "1993", LenType: "llvar", MaxLen: 35 } };
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const found = new iso8583({}, formats).getIsoJSON(Buffer.from(line, "hex"), { lenHeader: false });
  console.log(JSON.stringify(found));
});
