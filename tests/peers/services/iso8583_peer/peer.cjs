// Reads lines of JSON: {"decode": hex} gives the fields, {"encode": fields} gives the bytes in hexadecimal.
// Arguments: the folder of npm's packages, and as JSON the fields that differ from the package's own table.
const [, , modules, differences] = process.argv;
const iso8583 = require(`${modules}/node_modules/iso_8583`);
const fields = Object.entries(JSON.parse(differences));
const formats = Object.fromEntries(
  fields.map(([number, [ContentType, LenType, MaxLen]]) => [number, { ContentType, Label: "ours", LenType, MaxLen }]),
);
require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    if (order.decode) {
      const data = Buffer.from(order.decode, "hex");
      console.log(JSON.stringify(new iso8583({}, formats).getIsoJSON(data, { lenHeader: false })));
    } else {
      const built = new iso8583(order.encode, formats).getBufferMessage();
      console.log(JSON.stringify({ hex: Buffer.isBuffer(built) ? built.toString("hex") : "", error: built.error }));
    }
  });
