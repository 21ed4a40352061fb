package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
)

// transcript shows the lines of a dialogue as they happen, or collects them for JSON.
type transcript struct {
	a      *app
	quiet  bool
	colour bool
	probe  string
	start  time.Time

	mu    sync.Mutex
	taken []dialogueLine
}

// dialogueLine is a line of a dialogue as JSON has it.
type dialogueLine struct {
	After float64 `json:"after_seconds"`
	From  string  `json:"from"` // "client", "server", "note"
	Text  string  `json:"text"`
}

func newTranscript(a *app, quiet bool, probe address.Recipient) *transcript {
	t := &transcript{a: a, quiet: quiet, colour: isTerminal(a.out), start: time.Now()}
	if !probe.IsZero() {
		t.probe = probe.String()
	}
	return t
}

const (
	colourClient = "\x1b[36m"
	colourServer = "\x1b[32m"
	colourNo     = "\x1b[33m" // a 4xx or 5xx
	colourNote   = "\x1b[2m"
	colourOff    = "\x1b[0m"
)

// line takes one line. The sessions call it, each from its own goroutine.
func (t *transcript) line(l callout.Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	after := l.At.Sub(t.start)
	text := clean(l.Text)
	if t.probe != "" && l.Dir == callout.FromClient && strings.Contains(l.Text, t.probe) {
		text += "   (a random address: does the domain accept everything?)"
	}
	from, colour := "note", colourNote
	switch l.Dir {
	case callout.FromClient:
		from, colour = "client", colourClient
	case callout.FromServer:
		from, colour = "server", colourServer
		if l.Text != "" && (l.Text[0] == '4' || l.Text[0] == '5') {
			colour = colourNo
		}
	}
	if t.quiet {
		t.taken = append(t.taken, dialogueLine{after.Seconds(), from, clean(l.Text)})
		return
	}
	off := colourOff
	if !t.colour {
		colour, off = "", ""
	}
	fmt.Fprintf(t.a.out, "%7.3fs  %s%c %s%s\n", after.Seconds(), colour, l.Dir, text, off)
}

// lines returns what was collected.
func (t *transcript) lines() []dialogueLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}
