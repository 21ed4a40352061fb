package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// bodyError says what is wrong with a field of a body, or with no field with all of it.
type bodyError struct{ field, what string }

func (e *bodyError) Error() string { return e.what }

// readObject reads a JSON object into a struct, by the letter: encoding/json would take a name in other letters too ("Write"),
// and of two that are the same the last. The fields are plain values and lists of them, in which there are no names. The error
// is a *bodyError, or io.EOF where there is nothing.
func readObject(r io.Reader, into any) error {
	d := json.NewDecoder(r)
	switch first, err := d.Token(); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return plainJSONError("", err)
	case first != json.Delim('{'):
		return &bodyError{"", "it is no JSON object"}
	}
	fields, seen := fieldsOf(into), map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return plainJSONError("", err)
		}
		name := token.(string) // which a decoder makes sure of
		field, ok := fields[name]
		switch short := name[:min(len(name), 100)]; {
		case !ok:
			return &bodyError{short, fmt.Sprintf("unknown field %q", short)}
		case seen[name]:
			return &bodyError{short, short + " is there twice; write it once"}
		}
		seen[name] = true
		if err := d.Decode(field.Addr().Interface()); err != nil {
			return plainJSONError(name, err)
		}
	}
	if _, err := d.Token(); err != nil { // the end of the object
		return plainJSONError("", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &bodyError{"", "something follows the JSON object"}
	}
	return nil
}

// fieldsOf returns the fields of a struct by their names in JSON.
func fieldsOf(into any) map[string]reflect.Value {
	v := reflect.ValueOf(into).Elem()
	fields := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = v.Field(i)
	}
	return fields
}
