package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"callout/test/servers"
)

// sink is Postfix's smtp-sink, which takes every message and throws it away.
type sink struct {
	addr     string
	messages atomic.Int64  // so far
	arrived  chan struct{} // has room for one
}

// arrivePatience is how long messages may take to the sink before the benchmark fails.
const arrivePatience = 2 * time.Minute

// startSink starts a sink.
func startSink(b *testing.B) *sink {
	b.Helper()
	s := &sink{addr: freeAddr(b), arrived: make(chan struct{}, 1)}
	cmd := exec.Command(servers.Tool(b, "smtp-sink"), "-c", "-u", "nobody", s.addr, "1000")
	counters, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	counted := make(chan error, 1)
	go func() { counted <- s.count(bufio.NewScanner(counters)) }()
	b.Cleanup(func() { // after the process has ended
		if err := <-counted; err != nil {
			b.Error(err)
		}
	})
	start(b, cmd, s.addr)
	return s
}

// count reads the counters as they change: "sess=5 quit=3 mesg=4" and a CR.
func (s *sink) count(counters *bufio.Scanner) error {
	counters.Split(func(data []byte, _ bool) (int, []byte, error) {
		i := bytes.IndexByte(data, '\r')
		if i < 0 {
			return 0, nil, nil
		}
		return i + 1, data[:i], nil
	})
	for counters.Scan() {
		_, count, found := bytes.Cut(counters.Bytes(), []byte("mesg="))
		if !found {
			continue
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(count)), 10, 64)
		if err != nil {
			return fmt.Errorf("smtp-sink printed %q: %w", counters.Text(), err)
		}
		s.messages.Store(n)
		select {
		case s.arrived <- struct{}{}:
		default:
		}
	}
	return nil
}

// wait waits until so many messages have come since the sink has started.
func (s *sink) wait(b *testing.B, most int64) {
	timeout := time.After(arrivePatience)
	for s.messages.Load() < most {
		select {
		case <-s.arrived:
		case <-timeout:
			b.Fatalf("%d of %d messages have arrived within %v", s.messages.Load(), most, arrivePatience)
		}
	}
	if n := s.messages.Load(); n > most {
		b.Fatalf("%d messages have arrived of %d", n, most)
	}
}
