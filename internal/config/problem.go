package config

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	mostLines    = 10  // of an error
	mostProblems = 100 // found before reading stops
)

// Position is a place in a file. Lines and columns count from 1, columns in characters. Line is 0 for what
// the file does not set, Column for a line as a whole.
type Position struct {
	File         string
	Line, Column int
}

// String returns file:line:column, or as much of it as there is.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong, and its mend.
type Problem struct {
	Where Position
	Key   string // the key it is about, "" where it is about none
	Text  string // what is wrong and what to write instead, on one line
}

// Error returns the problem as one line.
func (p *Problem) Error() string {
	if p.Key == "" {
		return p.Where.String() + ": " + p.Text
	}
	return p.Where.String() + ": " + p.Key + ": " + p.Text
}

// Problems is what is wrong with a file or a domain: one Problem for each line, in the order of their
// positions, those of a file that it names where it names it, ten at most; the tenth says so where there are more.
type Problems []*Problem

// Error returns the problems as lines.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems, for errors.As.
func (p Problems) Unwrap() []error {
	all := make([]error, len(p))
	for i, problem := range p {
		all[i] = problem
	}
	return all
}

// document is what is being read.
type document struct {
	name string
	data []byte
}

// position turns an offset into a line and a column. A negative offset has none.
func (d document) position(off int) Position {
	if off < 0 {
		return Position{File: d.name}
	}
	before := d.data[:min(off, len(d.data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return Position{
		File:   d.name,
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[start:]) + 1,
	}
}

// problems collects what is found while a document is read.
type problems struct {
	doc  document
	list []found
}

type found struct {
	off       int // in the document; problems are told in this order
	key, text string
	where     Position // in another file that the document names at off; zero for the document itself
}

func (p *problems) add(off int, key, format string, args ...any) {
	if !p.full() {
		p.list = append(p.list, found{off: off, key: key, text: fmt.Sprintf(format, args...)})
	}
}

// addElsewhere adds a problem of another file that the document names at off.
func (p *problems) addElsewhere(off int, where Position, text string) {
	if !p.full() {
		p.list = append(p.list, found{off: off, text: text, where: where})
	}
}

// full reports whether reading on would help nobody.
func (p *problems) full() bool { return len(p.list) >= mostProblems }

// err returns what was found as a Problems, nil if nothing was.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b found) int { return cmp.Compare(a.off, b.off) })
	all := make(Problems, 0, mostLines)
	for i, f := range p.list {
		problem := &Problem{Where: f.where, Key: f.key, Text: f.text}
		if f.where == (Position{}) {
			problem.Where = p.doc.position(f.off)
		}
		if i == mostLines-1 && len(p.list) > mostLines {
			problem.Key = ""
			problem.Text = "more problems from here on; mend those above first"
			return append(all, problem)
		}
		all = append(all, problem)
	}
	return all
}
