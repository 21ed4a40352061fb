package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// readBody reads a JSON object into a struct. An empty body is {}. example is what to write instead of a body that
// does not fit.
func readBody(r *http.Request, into any, example string) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.New("something follows the JSON object")
		}
	}
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return fmt.Errorf("the body is longer than %d MiB: %w", tooLong.Limit>>20, err)
	}
	return &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("the body can't be used: %s; write for example %s", plainJSONError(err), example)}
}

// plainJSONError leaves out what only means something to who wrote the program.
func plainJSONError(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s does not take a %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return "it is no JSON object"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// limit reads how many entries a page may have.
func limit(r *http.Request, def, most int) (int, error) {
	s := r.URL.Query().Get("limit")
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, &refusal{http.StatusBadRequest, fmt.Sprintf("limit %.40q is not a number from 1 to %d", s, most)}
	}
	return n, nil
}
