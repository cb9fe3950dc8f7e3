import { describeScopedAttack } from './support/scoped-attack.ts';

/** unshare(2) on x64 and arm64, and what makes a user namespace. */
const UNSHARE = process.arch === 'arm64' ? 97 : 272;
const CLONE_NEWUSER = 0x10000000;

describeScopedAttack('a command cannot make a namespace in which it has the rights of root', {
  perl: `print syscall(${UNSHARE}, ${CLONE_NEWUSER}) == 0 ? "got\\n" : "refused\\n";`,
  aim: () => Promise.resolve([]),
});
