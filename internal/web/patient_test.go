package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// timed is a connection that remembers its deadlines.
type timed struct {
	http.ResponseWriter
	read, write time.Time
}

func (c *timed) SetReadDeadline(t time.Time) error  { c.read = t; return nil }
func (c *timed) SetWriteDeadline(t time.Time) error { c.write = t; return nil }

func TestAnUploadMayTakeLongWhileItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &timed{ResponseWriter: httptest.NewRecorder()}
		r := newPatientReader(conn, strings.NewReader(strings.Repeat("x", 100)))
		begun := time.Now()
		for range 30 {
			if _, err := r.Read(make([]byte, 1)); err != nil {
				t.Fatalf("after %v: %v", time.Since(begun), err)
			}
			if got := time.Until(conn.read); got != patience || time.Until(conn.write) <= patience {
				t.Fatalf("the next piece may take %v, the answer %v", got, time.Until(conn.write))
			}
			time.Sleep(59 * time.Second)
		}
		time.Sleep(time.Minute)
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Errorf("it may go on after %v", time.Since(begun))
		}
	})
}

func TestADownloadMayTakeLongWhileItIsTaken(t *testing.T) {
	conn := &timed{ResponseWriter: httptest.NewRecorder()}
	w := &patientWriter{conn, http.NewResponseController(conn)}
	if _, err := w.Write([]byte("x")); err != nil || time.Until(conn.write) < patience-time.Minute/2 {
		t.Errorf("%v, and the next piece may take %v", err, time.Until(conn.write))
	}
}

func TestEventsAreNotCutOffByTheDeadlinesOfPages(t *testing.T) {
	conn := &timed{ResponseWriter: httptest.NewRecorder(), read: time.Now()}
	if err := newSpeech(conn).say("line", "x"); err != nil && !errors.Is(err, http.ErrNotSupported) {
		t.Fatal(err)
	}
	if !conn.read.IsZero() || time.Until(conn.write) < patience-time.Minute/2 {
		t.Errorf("read until %v, write until %v", conn.read, conn.write)
	}
}
