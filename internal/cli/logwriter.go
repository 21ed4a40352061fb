package cli

import (
	"io"
	"sync"
	"time"
)

// Bounds on what a logWriter holds back.
const (
	logDelay = 50 * time.Millisecond
	logSize  = 64 << 10
)

// logWriter writes the log in larger pieces: a line for each decision would otherwise cost more than the
// decision. A line is written 50 ms after it was logged at the latest.
type logWriter struct {
	mu      sync.Mutex
	w       io.Writer
	buf     []byte
	pending bool // a flush is due
}

// Write takes one line.
func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, line...)
	switch {
	case len(l.buf) >= logSize:
		l.flush()
	case !l.pending:
		l.pending = true
		time.AfterFunc(logDelay, l.Flush)
	}
	return len(line), nil
}

// Flush writes what is held back.
func (l *logWriter) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = false
	l.flush()
}

// flush writes what is held back; where the log can't be written there is nobody to tell. The caller holds l.mu.
func (l *logWriter) flush() {
	l.w.Write(l.buf)
	l.buf = l.buf[:0]
}
