package web

import (
	"fmt"
	"net/http"
)

// Failure is what the page "error" shows.
type Failure struct {
	Status int
	Text   string
	Login  bool // leads to the login, for who has not logged in
}

// Error sends a page that says in one sentence what is wrong and what to do. The text is plain text and may not hold
// what the client sent, unless it passed through Visible.
func (s *Shell) Error(w http.ResponseWriter, r *http.Request, status int, text string) {
	s.ErrorFor(w, r, nil, status, text)
}

// turnDown is Error of a request that is refused before the session is read: with the navigation where it is known who sends it,
// and without a way to the login where it is not, for they may have logged in.
func (s *Shell) turnDown(w http.ResponseWriter, r *http.Request, status int, text string) {
	var user *Viewer
	if s.who != nil {
		user = s.who(r)
	}
	s.Page(w, r, status, "error", &Page{Title: http.StatusText(status), User: user, Data: Failure{status, text, false}})
}

// ErrorFor is Error with the navigation of someone who has logged in.
func (s *Shell) ErrorFor(w http.ResponseWriter, r *http.Request, user *Viewer, status int, text string) {
	s.Page(w, r, status, "error", &Page{Title: http.StatusText(status), User: user, Data: Failure{status, text, user == nil}})
}

func tooLarge(limit int64) string {
	return fmt.Sprintf("The request is too large: %d MiB is the most. Send less at a time.", limit>>20)
}
