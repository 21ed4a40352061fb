package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Bounds on what a request may carry.
const (
	maxBody = 1 << 20
	maxList = 16 << 20 // JSON with local recipients
	maxCSV  = 64 << 20 // read as it comes, never as a whole
)

// raw is a body that an operation reads itself.
type raw []byte

// none is the body of an operation that takes none.
type none struct{}

// readBody reads a body within a bound: a JSON object into a struct, where an empty body is {}. example is what to write
// instead of one that does not fit.
func readBody(w http.ResponseWriter, r *http.Request, into any, most int64, example string) error {
	if _, ok := into.(*none); ok {
		return noBody(r)
	}
	if r.ContentLength > most { // not read at all
		return &http.MaxBytesError{Limit: most}
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	if text, ok := into.(*raw); ok {
		b, err := io.ReadAll(r.Body)
		*text = b
		return readError(err)
	}
	came := &arrival{body: r.Body}
	err := readObject(came, into)
	switch {
	case came.err != nil:
		return readError(came.err)
	case err == nil, errors.Is(err, io.EOF):
		return nil
	}
	text := fmt.Sprintf("the body can't be used: %v; write for example %s", err, example)
	wrong, _ := errors.AsType[*bodyError](err) // which it is
	return newProblem(http.StatusUnprocessableEntity, text).about(wrong.field)
}

// arrival keeps the error that ended a body before its end. It fills what it is given to read into: encoding/json looks at all
// blanks again that came before, each time it reads some more of them.
type arrival struct {
	body io.Reader
	err  error
}

func (a *arrival) Read(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var more int
		more, err = a.body.Read(b[n:])
		n += more
	}
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
}

// readError words that a body did not come as a whole: the fault is theirs who sent it.
func readError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || err == nil {
		return err
	}
	return newProblem(http.StatusBadRequest, fmt.Sprintf("reading the body: %v", err))
}

// noBody refuses a body where none is taken: who sends one believes that it does something.
func noBody(r *http.Request) error {
	n := r.ContentLength
	if n < 0 && r.Body != nil { // its length is not known
		got, _ := io.ReadFull(r.Body, make([]byte, 1))
		n = int64(got)
	}
	if n > 0 {
		return newProblem(http.StatusBadRequest, fmt.Sprintf("%s %.100s takes no body; send none", r.Method, r.URL.Path))
	}
	return nil
}

// plainJSONError says what is wrong with a body, or a field of it, and leaves out what only means something to who wrote the
// program.
func plainJSONError(field string, err error) *bodyError {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &bodyError{field, fmt.Sprintf("%s does not take a %s", field, kind.Value)}
	}
	if bad, ok := errors.AsType[*time.ParseError](err); ok {
		return &bodyError{field, fmt.Sprintf("%.60s is no time like 2027-01-31T12:00:00Z", bad.Value)}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &bodyError{"", "it ends too early"}
	}
	return &bodyError{field, strings.TrimPrefix(err.Error(), "json: ")}
}

// patient reads a long body: within bounds on its length, and for as long as it comes, though not for ever.
type patient struct {
	body  io.Reader
	wire  *http.ResponseController
	until time.Time
}

const (
	pauseInBody = 30 * time.Second // the longest
	wholeBody   = 15 * time.Minute
)

func newPatient(w http.ResponseWriter, r *http.Request, most int64) *patient {
	return &patient{http.MaxBytesReader(w, r.Body, most), http.NewResponseController(w), time.Now().Add(wholeBody)}
}

func (p *patient) Read(b []byte) (int, error) {
	next := time.Now().Add(pauseInBody)
	if next.After(p.until) {
		next = p.until
	}
	_ = p.wire.SetReadDeadline(next) // without it the server's own holds
	n, err := p.body.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readError(err)
	}
	return n, err
}
