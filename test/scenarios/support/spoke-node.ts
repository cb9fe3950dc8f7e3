import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

/** The Node that runs the spokes, by its real path: this one, or another that AXIUM_TEST_NODE names. */
export function spokeNode(): string {
  return realpathSync(process.env.AXIUM_TEST_NODE ?? process.execPath);
}

/** The flags that the spokes' Node knows. */
export function spokeNodeFlags(): ReadonlySet<string> {
  return new Set(askSpokeNode('[...process.allowedNodeEnvironmentFlags]') as string[]);
}

/** Whether the spokes' Node has a module of its own by that name. */
export function spokeNodeHas(module: string): boolean {
  return askSpokeNode(`Boolean(process.getBuiltinModule?.(${JSON.stringify(module)}))`) === true;
}

/** Whether the spokes' Node says that it runs TypeScript. */
export function spokeNodeStripsTypes(): boolean {
  return askSpokeNode('Boolean(process.features.typescript)') === true;
}

/** What an expression comes to in the spokes' Node. */
function askSpokeNode(expression: string): unknown {
  const { stdout, stderr, status } = spawnSync(
    spokeNode(),
    ['-e', `process.stdout.write(JSON.stringify(${expression}))`],
    { encoding: 'utf8', env: {} },
  );
  if (status !== 0) throw new Error(`${spokeNode()} does not work: ${stderr}`);
  return JSON.parse(stdout);
}
