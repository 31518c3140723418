// Reads lines of JSON: {"decode": hex} gives the fields, {"encode": fields} gives the bytes in hexadecimal.
const modules = process.argv[2];
const iso8583 = require(`${modules}/node_modules/iso_8583`);
const lines = require("readline").createInterface({ input: process.stdin });
// Its own table counts binary fields in digits and has 4 bytes of code in fields 64 and 128.
const binary = (label) => ({ ContentType: "b", Label: label, LenType: "fixed", MaxLen: 16 });
const formats = { 52: binary("PIN"), 64: binary("MAC"), 96: binary("MSC"), 128: binary("MAC") };
lines.on("line", (line) => {
  const order = JSON.parse(line);
  if (order.decode) {
    const data = Buffer.from(order.decode, "hex");
    const found = new iso8583({}, formats).getIsoJSON(data, { lenHeader: false });
    console.log(JSON.stringify(found));
  } else {
    const built = new iso8583(order.encode, formats).getBufferMessage();
    console.log(JSON.stringify({ hex: Buffer.isBuffer(built) ? built.toString("hex") : "", error: built.error }));
  }
});
