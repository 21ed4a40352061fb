package operate

import "fmt"

// maxWrong is how many rows that can't be used are named.
const maxWrong = 20

// RowsError names rows of a file, or lines of a text, that can't be used: 20 at most. Its kind is Unusable.
type RowsError struct {
	Rows []WrongRow // at least one
	More bool       // it was not read to its end: there may be more

	undone string // "nothing was imported"
}

// WrongRow is one row that can't be used.
type WrongRow struct {
	Line   int    // from 1
	Column int    // from 1, in octets; 0 where the whole line is meant
	Text   string // what is wrong with it, and what to do
}

// Where returns for example "line 2, column 1".
func (w WrongRow) Where() string {
	if w.Column == 0 {
		return fmt.Sprintf("line %d", w.Line)
	}
	return fmt.Sprintf("line %d, column %d", w.Line, w.Column)
}

// Error returns one line: all about one row, or how many there are and what is wrong with the first.
func (e *RowsError) Error() string {
	first := e.Rows[0].Where() + ": " + e.Rows[0].Text
	if len(e.Rows) == 1 {
		return first + "; " + e.undone
	}
	return e.Summary() + "; the first is " + first
}

// Summary returns how many rows can't be used; of a single one it is Error.
func (e *RowsError) Summary() string {
	switch {
	case len(e.Rows) == 1:
		return e.Error()
	case e.More:
		return fmt.Sprintf("at least %d rows can't be used; %s", len(e.Rows), e.undone)
	}
	return fmt.Sprintf("%d rows can't be used; %s", len(e.Rows), e.undone)
}

// Unwrap returns the same as an *Error.
func (e *RowsError) Unwrap() error { return &Error{Kind: Unusable, Detail: e.Error()} }

// add names one more row. Where enough are named already, nothing more need be read.
func (e *RowsError) add(line, column int, text string) {
	if len(e.Rows) == maxWrong {
		e.More = true
		return
	}
	e.Rows = append(e.Rows, WrongRow{line, column, text})
}
