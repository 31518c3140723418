// Reads messages of a cash machine, one in hexadecimal on each line, and gives their fields as JSON.
const iso8583 = require(`${process.argv[2]}/node_modules/iso_8583`);
// Its own table has PIN blocks of TDES; binary fields are counted in hexadecimal digits.
const binary = (label, digits) => ({ ContentType: "b", Label: label, LenType: "fixed", MaxLen: digits });
const formats = { 52: binary("PIN block", 32), 53: binary("key serial number", 24) };
require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const message = new iso8583({}, formats);
    console.log(JSON.stringify(message.getIsoJSON(Buffer.from(line, "hex"), { lenHeader: false })));
  });
