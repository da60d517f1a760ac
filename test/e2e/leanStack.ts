import type * as automation from "@pulumi/pulumi/automation";

/** Private to the Automation API, which has no other way to ask one question. */
interface Asking {
  runPulumiCmd(args: string[]): Promise<{ stdout: string }>;
}

/**
 * After each run the Automation API starts the CLI three times more: for the outputs masked, for the outputs in clear, and for the
 * history. No test looks at the history, or at what is masked: it asks once, or not at all.
 */
export function askingLess(stack: automation.Stack, { outputs }: { outputs: boolean }): automation.Stack {
  stack.info = () => Promise.resolve(undefined);
  stack.outputs = async () => {
    if (!outputs) return {};
    const { stdout } = await (stack as unknown as Asking).runPulumiCmd(["stack", "output", "--json", "--show-secrets"]);
    const found = Object.entries(JSON.parse(stdout) as Record<string, unknown>);
    return Object.fromEntries(found.map(([name, value]) => [name, { value, secret: false }]));
  };
  return stack;
}
