package lab

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// transaction is a mail transaction at a Receiver.
type transaction struct {
	mail  string
	rcpts []string
	utf8  bool // SMTPUTF8 was said
	held  int  // octets of it that the Receiver counts

	binary   bool   // BODY=BINARYMIME, which DATA can't carry
	chunked  bool   // BDAT was said
	data     []byte // of the message so far
	came     int64  // octets of the message as they came
	failed   string // the final reply, where it can't be taken
	answered bool   // the final reply was said early
	lenient  int
}

// reset ends the transaction without a message.
func (s *reception) reset() {
	if s.mail != nil {
		s.r.octets.Add(-int64(s.mail.held))
		s.mail = nil
	}
}

// from answers MAIL.
func (s *reception) from(argument string) {
	t := &transaction{mail: argument}
	if s.at(AtMAIL, argument, s.judgeMail(t)) {
		s.mail = t
	}
}

// to answers RCPT.
func (s *reception) to(argument string) {
	if !s.at(AtRCPT, argument, s.judgeRecipient(argument)) {
		return
	}
	s.mail.rcpts = append(s.mail.rcpts, argument)
	s.mail.held += len(argument)
	s.r.octets.Add(int64(len(argument))) // there was room, as good as
}

const badPath = "501 5.1.7 There is no path in brackets"

// judgeMail returns the usual reply to MAIL, and notes what it asks for.
func (s *reception) judgeMail(t *transaction) string {
	path, rest, ok := cutPath(t.mail, "FROM:")
	switch {
	case !s.greeted:
		return "503 5.5.1 EHLO first"
	case s.mail != nil:
		return "503 5.5.1 There is a transaction already"
	case !ok:
		return badPath
	}
	given, refusal := s.parameters(rest, mailParameters)
	if refusal != "" {
		return refusal
	}
	size, err := strconv.ParseUint(given["SIZE"], 10, 63)
	_, t.utf8 = given["SMTPUTF8"]
	t.binary = strings.EqualFold(given["BODY"], "BINARYMIME")
	switch body := strings.ToUpper(given["BODY"]); {
	case given["SIZE"] != "" && err != nil:
		return "501 5.5.4 SIZE is no number"
	case s.r.size > 0 && size > uint64(s.r.size):
		return tooLarge
	case body != "" && body != "7BIT" && body != "8BITMIME" && body != "BINARYMIME":
		return "501 5.5.4 There is no such BODY"
	case t.binary && !s.may("BINARYMIME"):
		return "555 5.5.4 BINARYMIME was not announced"
	case !t.utf8 && !isASCII(path):
		return "553 5.6.7 That takes SMTPUTF8"
	}
	return "250 2.1.0 Ok"
}

// judgeRecipient returns the usual reply to RCPT.
func (s *reception) judgeRecipient(argument string) string {
	path, rest, ok := cutPath(argument, "TO:")
	switch {
	case s.mail == nil || s.mail.chunked:
		return "503 5.5.1 Not now"
	case !ok || path == "":
		return badPath
	case !s.mail.utf8 && !isASCII(path):
		return "553 5.6.7 That takes SMTPUTF8"
	case s.r.octets.Load()+int64(len(argument)) > receiverOctets:
		return "452 4.5.3 Too many recipients"
	}
	if _, refusal := s.parameters(rest, rcptParameters); refusal != "" {
		return refusal
	}
	return "250 2.1.5 Ok"
}

// cutPath takes the argument of MAIL or RCPT apart: the path without its brackets, which quotes may hold too, and
// the parameters behind it.
func cutPath(argument, keyword string) (path, rest string, ok bool) {
	if len(argument) <= len(keyword) || !strings.EqualFold(argument[:len(keyword)], keyword) || !utf8.ValidString(argument) {
		return "", "", false
	}
	text, ok := strings.CutPrefix(argument[len(keyword):], "<")
	quoted := false
	for i := 0; ok && i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			rest = text[i+1:]
			return text[:i], rest, rest == "" || rest[0] == ' '
		}
	}
	return "", "", false
}

// Parameters of MAIL and RCPT, and the extension that each is of.
var (
	mailParameters = map[string]string{"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN", "AUTH": "AUTH"}
	rcptParameters = map[string]string{"NOTIFY": "DSN", "ORCPT": "DSN"}
)

// parameters reads the parameters of MAIL or RCPT. A client may use those of announced extensions, each once.
func (s *reception) parameters(text string, of map[string]string) (given map[string]string, refusal string) {
	given = make(map[string]string)
	for _, parameter := range strings.Fields(text) {
		keyword, value, _ := strings.Cut(parameter, "=")
		keyword = strings.ToUpper(keyword)
		if extension := of[keyword]; extension == "" || !s.may(extension) {
			return nil, fmt.Sprintf("555 5.5.4 %q was not announced", keyword)
		}
		if _, twice := given[keyword]; twice {
			return nil, "501 5.5.4 " + keyword + " is there twice"
		}
		given[keyword] = value
	}
	return given, ""
}
