package cli

import (
	"io"
	"sync"
	"time"
)

// Bounds on what a logWriter holds back.
const (
	logDelay = 50 * time.Millisecond
	logPiece = 64 << 10 // written as soon as so much has come
	logMost  = 1 << 20  // beyond it, who logs waits for the log to be written
)

// logWriter writes the log in larger pieces and beside those who log: a line for each decision would otherwise
// cost more than the decision. A line is written 50 ms after it was logged at the latest.
type logWriter struct {
	w io.Writer

	mu    sync.Mutex
	room  sync.Cond // something was written
	buf   []byte
	spare []byte // what buf becomes when it is taken to be written
	timer bool   // a flush is due

	again chan struct{} // has a value when a piece is to be written
	stop  chan struct{}
	done  chan struct{}
}

// newLogWriter starts a logWriter; Close ends it.
func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{w: w, again: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	l.room.L = &l.mu
	go l.run()
	return l
}

// Write takes one line.
func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.buf) >= logMost {
		l.room.Wait()
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

// Close writes what is held back. Nothing may be logged after it.
func (l *logWriter) Close() {
	close(l.stop)
	<-l.done
}

// flush writes what is held back. Where the log can't be written there is nobody to tell.
func (l *logWriter) flush() {
	l.mu.Lock()
	l.timer = false
	piece := l.buf
	l.buf = l.spare[:0]
	l.mu.Unlock()
	l.w.Write(piece)
	l.mu.Lock()
	l.spare = piece
	l.room.Broadcast()
	l.mu.Unlock()
}
