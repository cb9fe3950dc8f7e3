// The hunts of the short run again, for as long as the figures ask: they read how far to go when they are loaded.
process.env.AXIUM_CHAOS_ROUNDS ??= '100';
process.env.AXIUM_EDITS ??= '200';
process.env.AXIUM_REPLACED ??= '1000';
process.env.AXIUM_ALL_DAMAGES ??= '1';

await import('../chaos/chaos.test.ts');
await import('../faults/live-edits.test.ts');
await import('../faults/replaced-permissions.test.ts');
await import('../damage/damage.test.ts');
