import { describeScopedAttack } from './support/scoped-attack.ts';

const [CREATE, READ_AND_WRITE] = ['0100', '02'];

describeScopedAttack('a command cannot leave a program with set-id bits in a directory that it can write', {
  perl: `
    umask 0;
    chmod 06755, $ARGV[0];
    sysopen my $made, "$ARGV[0].made", ${CREATE} | ${READ_AND_WRITE}, 06755;
    print((grep { -u $_ or -g $_ } $ARGV[0], "$ARGV[0].made") ? "got\\n" : "refused\\n");
  `,
  permissions: 'fs_write: ["@/tools/**"]',
  aim: async ({ put }) => [await put('home/tools/program', 'x')],
});
