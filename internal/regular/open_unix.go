//go:build unix

package regular

import "syscall"

// withoutWaiting makes opening a pipe return at once instead of waiting for a writer.
const withoutWaiting = syscall.O_NONBLOCK
