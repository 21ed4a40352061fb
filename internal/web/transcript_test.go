package web

import (
	"testing"
	"time"

	"callout/internal/callout"
)

func TestATranscriptIsBounded(t *testing.T) {
	told := 0
	said := newTranscript(func(Line) { told++ })
	for range mostLines + 3 {
		said.hear(callout.Line{At: said.begun.Add(time.Second), Dir: callout.Note, Text: "on and on"})
	}
	if len(said.lines) != mostLines || told != mostLines || said.leftOut != 3 {
		t.Errorf("%d lines, %d told, %d left out; want %d, %d, 3", len(said.lines), told, said.leftOut, mostLines, mostLines)
	}
	if got := said.lines[0]; got != (Line{At: time.Second, Who: "*", Text: "on and on"}) {
		t.Errorf("%+v", got)
	}
}
