package cli

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds on what a logWriter holds back.
const (
	logDelay = 50 * time.Millisecond
	logPiece = 128 << 10   // written as soon as so much has come; a call that writes more gives its processor away, and waits for another
	logMost  = 16 << 20    // beyond it lines are dropped: a log that nobody reads must not hold up mail
	logSpare = 32          // pieces whose memory is kept
	logEnd   = time.Second // for the last pieces
)

// logWriter writes the log in larger pieces and beside those who log: a line for each decision would otherwise
// cost more than the decision. A line is written 50 ms after it was logged at the latest.
type logWriter struct {
	w    io.Writer
	json bool // the format of the lines

	mu      sync.Mutex
	full    [][]byte // pieces to be written, of whole lines, the oldest first
	piece   []byte   // what has come since
	spare   [][]byte // memory of pieces
	timer   bool     // a wake is due
	dropped int      // lines, since it was last told

	held atomic.Int64 // octets that are not written yet

	again chan struct{} // has a value when there is something to be written
	stop  chan struct{}
	done  chan struct{}
}

// newLogWriter starts a logWriter; Close ends it.
func newLogWriter(w io.Writer, json bool) *logWriter {
	l := &logWriter{w: w, json: json, again: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

// Write takes one line. It may be called from any goroutine.
func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held.Load()+int64(len(line)) > logMost {
		l.dropped++
		return len(line), nil
	}
	l.tellDropped()
	l.add(line)
	if !l.timer {
		l.timer = true
		time.AfterFunc(logDelay, l.due)
	}
	return len(line), nil
}

// add puts a line into the piece, or where that is full into a new one. l.mu is held.
func (l *logWriter) add(line []byte) {
	if len(l.piece)+len(line) > logPiece && len(l.piece) > 0 {
		l.full = append(l.full, l.piece)
		l.piece = nil
		l.wake()
	}
	if l.piece == nil {
		if n := len(l.spare); n > 0 {
			l.piece, l.spare = l.spare[n-1], l.spare[:n-1]
		} else {
			l.piece = make([]byte, 0, logPiece)
		}
	}
	l.piece = append(l.piece, line...)
	l.held.Add(int64(len(line)))
}

// tellDropped says in the log that lines were dropped, where they were. l.mu is held.
func (l *logWriter) tellDropped() {
	if l.dropped == 0 {
		return
	}
	format := "level=ERROR msg=%q lines=%d\n"
	if l.json {
		format = `{"level":"ERROR","msg":%q,"lines":%d}` + "\n"
	}
	l.add(fmt.Appendf(nil, format, "log lines were dropped: nobody read the log", l.dropped))
	l.dropped = 0
}

// due has what is held back written because its time has come.
func (l *logWriter) due() {
	l.mu.Lock()
	l.timer = false
	l.mu.Unlock()
	l.wake()
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
	var pieces [][]byte
	for {
		if pieces = l.exchange(pieces); len(pieces) == 0 {
			return
		}
		for _, piece := range pieces {
			l.w.Write(piece)
			l.held.Add(-int64(len(piece)))
		}
	}
}

// exchange gives the memory of pieces that were written for all there is to be written. It is one step because those
// who log hold the lock most of the time, and each time it has to be waited for is long.
func (l *logWriter) exchange(written [][]byte) [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, piece := range written {
		if cap(piece) == logPiece && len(l.spare) < logSpare {
			l.spare = append(l.spare, piece[:0])
		}
	}
	l.tellDropped()
	pieces := l.full
	if len(l.piece) > 0 {
		pieces = append(pieces, l.piece)
	}
	l.full, l.piece = nil, nil
	return pieces
}
