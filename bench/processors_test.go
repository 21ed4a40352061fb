package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callout/test/servers"
)

// apart gives a Postfix that has just started the first half of this machine's processors, and whatever this
// process is or starts until the benchmark's end the other half. A destination is another machine in life: its work
// is no longer taken from those who ask it, nor theirs from it, be they Callout and its clients or the direct client.
func apart(b *testing.B, p *servers.Postfix) {
	b.Helper()
	n := runtime.NumCPU()
	if n < 2 {
		b.Fatal("the destination needs a processor of its own, and this machine has only one")
	}
	var before, theirs, ours unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		b.Fatal(err)
	}
	for cpu, left := 0, n/2; cpu < 64*len(before); cpu++ {
		switch {
		case !before.IsSet(cpu):
		case left > 0:
			theirs.Set(cpu)
			left--
		default:
			ours.Set(cpu)
		}
	}
	text := servers.Read(b, filepath.Join(p.Dir, "queue/pid/master.pid"))
	master, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		b.Fatal(err)
	}
	if err := unix.SchedSetaffinity(master, &theirs); err != nil { // what it starts from now on inherits them
		b.Fatal(err)
	}
	move(b, &ours)
	b.Cleanup(func() { move(b, &before) })
}

// move gives all threads of this process a set of processors; those to come inherit it.
func move(b *testing.B, to *unix.CPUSet) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		b.Fatal(err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			b.Fatal(err)
		}
		if err := unix.SchedSetaffinity(id, to); err != nil && err != unix.ESRCH {
			b.Fatal(err)
		}
	}
}
