package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Bounds on how slow a transfer may be: each piece has patience, a whole upload longestUpload.
const (
	patience      = time.Minute
	longestUpload = 30 * time.Minute
)

// patientReader reads an upload that may take longer than a request usually has, as long as it goes on.
type patientReader struct {
	r     io.Reader
	conn  *http.ResponseController
	until time.Time
}

func newPatientReader(rw http.ResponseWriter, r io.Reader) *patientReader {
	return &patientReader{r, http.NewResponseController(rw), time.Now().Add(longestUpload)}
}

// Read reads on with a new deadline.
func (p *patientReader) Read(b []byte) (int, error) {
	now := time.Now()
	if now.After(p.until) {
		return 0, errors.New("the upload takes too long; send less at a time")
	}
	_ = p.conn.SetReadDeadline(now.Add(patience)) // where there is none to set, there is none that ends it
	_ = p.conn.SetWriteDeadline(now.Add(2 * patience))
	return p.r.Read(b)
}

// patientWriter writes an answer that may take longer than one usually has, as long as it is taken.
type patientWriter struct {
	w    io.Writer
	conn *http.ResponseController
}

// Write writes on with a new deadline.
func (p *patientWriter) Write(b []byte) (int, error) {
	_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
	return p.w.Write(b)
}
