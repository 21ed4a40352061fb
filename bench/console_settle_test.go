package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	settleEvery = 200 * time.Millisecond
	settleMost  = 2 * time.Minute
)

// settle waits until a program has nothing to do any more. When it starts it reads a large database through, for what
// it need not look up.
func (p *program) settle(b *testing.B) {
	b.Helper()
	begun := time.Now()
	for before := p.ticks(b); time.Since(begun) < settleMost; {
		time.Sleep(settleEvery)
		now := p.ticks(b)
		if now-before <= 1 {
			return
		}
		before = now
	}
	b.Fatalf("callout is still busy %v after it was started", settleMost)
}

// ticks returns how long a program has run on a processor, in clock ticks, which are 10 ms each: fields 14 and 15 of
// proc_pid_stat(5), in which the third is the first behind the name.
func (p *program) ticks(b *testing.B) int {
	b.Helper()
	path := fmt.Sprintf("/proc/%d/stat", p.pid)
	stat, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		b.Fatalf("%s: %q", path, stat)
	}
	user, err := strconv.Atoi(string(fields[11]))
	if err != nil {
		b.Fatalf("%s: %v", path, err)
	}
	system, err := strconv.Atoi(string(fields[12]))
	if err != nil {
		b.Fatalf("%s: %v", path, err)
	}
	return user + system
}
