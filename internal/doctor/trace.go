package doctor

import (
	"time"

	"callout/internal/callout"
)

// MaxLines is how many lines of the dialogue with one address Options.Trace is given, at most. An examination has about 100; a host
// that says more than anybody reads does not fill whatever keeps them.
const MaxLines = 500

// follower gives the dialogue with one address to who follows it. Nil: nobody does.
type follower struct {
	trace func(callout.Line)
	left  int
}

func (o *Options) follower() *follower {
	if o.Trace == nil {
		return nil
	}
	return &follower{trace: o.Trace, left: MaxLines}
}

// line returns what takes the lines of a Link.
func (f *follower) line() func(callout.Line) {
	if f == nil {
		return nil
	}
	return f.tell
}

func (f *follower) tell(l callout.Line) {
	f.left--
	switch {
	case f.left > 0:
		f.trace(l)
	case f.left == 0:
		f.trace(callout.Line{At: l.At, Dir: callout.Note, Text: "the rest of the dialogue with this address is left out"})
	}
}

// note tells that something happened.
func (o *Options) note(text string) {
	if o.Trace != nil {
		o.Trace(callout.Line{At: time.Now(), Dir: callout.Note, Text: text})
	}
}
