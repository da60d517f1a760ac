/** What the API server says, without the layers around it, and without what is another at each asking: same cluster, same bytes. */
export function plainServerMessage(message: string): string {
  return message
    .replace(/^Internal error occurred: /, "")
    .replace(
      /StorageError: corrupt object, Code: \d+, Key: (\S+), ResourceVersion: \d+, AdditionalErrorMsg: object not decodable revision=\d+: /g,
      "object $1 cannot be decoded: ",
    )
    .replace(/^object \S+ cannot be decoded: (?=conversion webhook )/, "")
    .replace(/\b((?:read|write) tcp) \S+?->/g, "$1 ") // our own end's port
    .replace(/current time \S+ is (after|before)/g, "now is $1");
}
