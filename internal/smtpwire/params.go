package smtpwire

import "bytes"

// A ParamError says what is wrong with a parameter of MAIL or RCPT.
type ParamError struct {
	Keyword string // as it came; "" where there was none that could be read
	Reason  string
	Unknown bool // no parameter that is known (555); else 501 (RFC 5321 section 4.1.1.11)
}

// Error names the parameter and what is wrong with it.
func (e *ParamError) Error() string {
	if e.Keyword == "" {
		return "parameter: " + e.Reason
	}
	return "parameter " + e.Keyword + ": " + e.Reason
}

// NextParam takes the first parameter off rest: a keyword, or a keyword, = and a value (esmtp-param, RFC 5321 section
// 4.1.2; a value may have octets above ASCII, RFC 6531 section 3.3). remaining is what follows, without the spaces it
// begins with. keyword is empty when there is no parameter left. All point into rest. The error is a *ParamError.
func NextParam(rest []byte) (keyword, value []byte, hasValue bool, remaining []byte, err error) {
	rest = dropSpaces(rest)
	if len(rest) == 0 {
		return nil, nil, false, nil, nil
	}
	param := rest
	if i := bytes.IndexByte(rest, ' '); i >= 0 {
		param, remaining = rest[:i], dropSpaces(rest[i:])
	}
	keyword, value, hasValue = bytes.Cut(param, []byte("="))
	if !isKeyword(keyword) {
		return nil, nil, false, nil, &ParamError{Reason: "a keyword has letters, digits and hyphens"}
	}
	if hasValue && !isValue(value) {
		return nil, nil, false, nil, &ParamError{Keyword: string(keyword), Reason: "its value is empty, or has = or a control character"}
	}
	return keyword, value, hasValue, remaining, nil
}

// isKeyword reports whether b is an esmtp-keyword.
func isKeyword(b []byte) bool {
	for i, c := range b {
		c = capital(c)
		if !('A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' && i > 0) {
			return false
		}
	}
	return len(b) > 0
}

// isValue reports whether b is an esmtp-value.
func isValue(b []byte) bool {
	for _, c := range b {
		if isControl(c) || c == ' ' || c == '=' {
			return false
		}
	}
	return len(b) > 0
}

// eachParam calls take for each parameter of rest. take returns what is wrong with the value, or that the keyword is
// not known. A keyword that came before is an error; known is how take numbers those it knows, from 0 to 31.
func eachParam(rest []byte, take func(keyword, value []byte, hasValue bool) (known int, reason string)) error {
	var seen uint32
	for {
		keyword, value, hasValue, remaining, err := NextParam(rest)
		if err != nil || len(keyword) == 0 {
			return err
		}
		known, reason := take(keyword, value, hasValue)
		if reason == "" && known >= 0 && seen&(1<<known) != 0 {
			reason = "given twice"
		}
		if known < 0 || reason != "" {
			return &ParamError{string(keyword), reason, known < 0}
		}
		seen |= 1 << known
		rest = remaining
	}
}
