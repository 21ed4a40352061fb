package web

import (
	"time"

	"callout/internal/callout"
)

// mostLines are the lines of a dialogue that a page shows, at most.
const mostLines = 2000

// transcript is a dialogue as it comes, line by line. It is for one goroutine.
type transcript struct {
	begun   time.Time
	lines   []Line
	leftOut int        // lines beyond mostLines
	told    func(Line) // is called with each line that is kept; nil: nobody is
}

func newTranscript(told func(Line)) *transcript { return &transcript{begun: time.Now(), told: told} }

// hear takes a line.
func (t *transcript) hear(l callout.Line) {
	if len(t.lines) == mostLines {
		t.leftOut++
		return
	}
	line := Line{At: max(l.At.Sub(t.begun), 0), Who: string(rune(l.Dir)), Text: l.Text}
	t.lines = append(t.lines, line)
	if t.told != nil {
		t.told(line)
	}
}
