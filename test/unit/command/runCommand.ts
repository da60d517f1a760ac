import { main } from "../../../components/command/main";

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** The bin as a person runs it, with what it printed. */
export async function runCommand(...args: string[]): Promise<Ran> {
  return runCommandWithInput("", ...args);
}

/** @param input what stands on standard input */
export async function runCommandWithInput(input: string, ...args: string[]): Promise<Ran> {
  const printed = { out: "", err: "" };
  const code = await main(args, {
    print: (text) => void (printed.out += text),
    complain: (text) => void (printed.err += `${text}\n`),
    progress: () => undefined,
    readStdin: () => Promise.resolve(input),
    showsProgress: false,
    isScreen: false,
    interrupted: new AbortController().signal,
  });
  return { code, ...printed };
}
