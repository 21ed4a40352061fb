package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Bounds on what a logWriter holds back.
const (
	logDelay = 50 * time.Millisecond
	logPiece = 64 << 10    // written as soon as so much has come
	logMost  = 4 << 20     // beyond it lines are dropped: a log that nobody reads must not hold up mail
	logEnd   = time.Second // for the last piece
)

// logWriter writes the log in larger pieces and beside those who log: a line for each decision would otherwise
// cost more than the decision. A line is written 50 ms after it was logged at the latest.
type logWriter struct {
	w    io.Writer
	json bool // the format of the lines

	mu      sync.Mutex
	buf     []byte
	spare   []byte // what buf becomes when it is taken to be written
	timer   bool   // a flush is due
	dropped int    // lines, since the last piece

	again chan struct{} // has a value when a piece is to be written
	stop  chan struct{}
	done  chan struct{}
}

// newLogWriter starts a logWriter; Close ends it.
func newLogWriter(w io.Writer, json bool) *logWriter {
	l := &logWriter{w: w, json: json, again: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

// Write takes one line.
func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buf)+len(line) > logMost {
		l.dropped++
		return len(line), nil
	}
	l.buf = append(l.buf, line...)
	switch {
	case len(l.buf) >= logPiece:
		l.wake()
	case !l.timer:
		l.timer = true
		time.AfterFunc(logDelay, l.wake)
	}
	return len(line), nil
}

// wake has what is held back written.
func (l *logWriter) wake() {
	select {
	case l.again <- struct{}{}:
	default:
	}
}

func (l *logWriter) run() {
	defer close(l.done)
	for {
		select {
		case <-l.again:
			l.flush()
		case <-l.stop:
			l.flush()
			return
		}
	}
}

// Close writes what is held back, for a second at most. Nothing may be logged after it.
func (l *logWriter) Close() {
	close(l.stop)
	select {
	case <-l.done:
	case <-time.After(logEnd):
	}
}

// flush writes what is held back. Where the log can't be written there is nobody to tell.
func (l *logWriter) flush() {
	l.mu.Lock()
	l.timer = false
	piece := l.buf
	l.buf = l.spare[:0]
	if l.dropped > 0 {
		format := "level=ERROR msg=%q lines=%d\n"
		if l.json {
			format = `{"level":"ERROR","msg":%q,"lines":%d}` + "\n"
		}
		piece = fmt.Appendf(piece, format, "log lines were dropped: nobody read the log", l.dropped)
		l.dropped = 0
	}
	l.mu.Unlock()
	l.w.Write(piece)
	l.mu.Lock()
	l.spare = piece
	l.mu.Unlock()
}
