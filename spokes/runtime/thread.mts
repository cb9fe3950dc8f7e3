// The entry of a spoke that is a thread of the daemon. Its name is what tells it from that of a process.
import './bootstrap.mts';
