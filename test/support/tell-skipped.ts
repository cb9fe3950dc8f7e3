import type { Reporter, TestModule } from 'vitest/node';

/** Prints, after everything else, each test that did not run and why: a machine that lacks something must not look whole. */
export class TellSkipped implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const told = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].flatMap((test) => {
        const result = test.result();
        const note = result.state === 'skipped' ? result.note : undefined;
        return note === undefined ? [] : [`  ${module.relativeModuleId} > ${test.fullName}: ${note}`];
      }),
    );
    if (told.length > 0) console.log(`\nSkipped here, and why:\n${told.join('\n')}\n`);
  }
}
