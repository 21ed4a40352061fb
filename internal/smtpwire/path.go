package smtpwire

// A SyntaxError says why the arguments of a command can't be read (501, RFC 5321 section 4.2.4).
type SyntaxError struct {
	Reason string // a few words, none of them the client's
}

// Error returns the reason.
func (e *SyntaxError) Error() string { return e.Reason }

// What can be wrong with a path. They are made once, so that a flood of bad commands costs nothing.
var (
	errNoKeyword  = &SyntaxError{"FROM: or TO: missing"}
	errNoOpening  = &SyntaxError{"no < before the path"}
	errNoClosing  = &SyntaxError{"no > behind the path"}
	errGlued      = &SyntaxError{"no space between > and what follows"}
	errControl    = &SyntaxError{"control character in the path"}
	errSpace      = &SyntaxError{"space in the path"}
	errBrackets   = &SyntaxError{"second < in the path"}
	errQuote      = &SyntaxError{"quote in the middle of the local-part"}
	errOpenQuote  = &SyntaxError{"quote without its end"}
	errBehind     = &SyntaxError{"no @ behind the quoted local-part"}
	errBackslash  = &SyntaxError{"backslash outside quotes"}
	errRoute      = &SyntaxError{"broken source route"}
	errRouteAlone = &SyntaxError{"source route without a mailbox"}
)

// ParsePath reads the path of MAIL and RCPT: args begins with the keyword, FROM or TO in any case, a colon and a path
// in brackets (RFC 5321 sections 4.1.1.2, 4.1.1.3 and 4.1.2). Spaces between colon and bracket break the rules; many
// clients send them, and they are taken. path is what stands between the brackets, a source route left out (appendix
// C), and empty for <>; rest is what follows, without the spaces it begins with. Both point into args.
//
// Where the path ends is beyond doubt: > and spaces inside belong into quotes, and text behind > needs a space
// before it. Whether the path is a good address is not looked at. Octets above ASCII pass (RFC 6531). The error is a
// *SyntaxError.
func ParsePath(args []byte, keyword string) (path, rest []byte, err error) {
	n := len(keyword)
	if len(args) <= n || args[n] != ':' || !isWord(args[:n], keyword) {
		return nil, nil, errNoKeyword
	}
	args = dropSpaces(args[n+1:])
	if len(args) == 0 || args[0] != '<' {
		return nil, nil, errNoOpening
	}
	args = args[1:]
	route, wrong := routeEnd(args)
	if wrong != nil {
		return nil, nil, wrong
	}
	args = args[route:]
	if route > 0 && len(args) > 0 && args[0] == '@' { // the path would be read as a route again
		return nil, nil, errRoute
	}
	end, wrong := mailboxEnd(args)
	if wrong != nil {
		return nil, nil, wrong
	}
	path, rest = args[:end], args[end+1:]
	switch {
	case route > 0 && end == 0:
		return nil, nil, errRouteAlone
	case len(rest) > 0 && rest[0] != ' ':
		return nil, nil, errGlued
	}
	return path, dropSpaces(rest), nil
}

// mailboxEnd returns where the > behind a mailbox is.
func mailboxEnd(b []byte) (int, *SyntaxError) {
	i := 0
	if len(b) > 0 && b[0] == '"' {
		end, wrong := quoteEnd(b)
		if wrong != nil {
			return 0, wrong
		}
		i = end
		if i < len(b) && b[i] != '@' && b[i] != '>' {
			return 0, errBehind
		}
	}
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '>':
			return i, nil
		case isControl(c):
			return 0, errControl
		case c == ' ':
			return 0, errSpace
		case c == '<':
			return 0, errBrackets
		case c == '"':
			return 0, errQuote
		case c == '\\':
			return 0, errBackslash
		}
	}
	return 0, errNoClosing
}

// quoteEnd returns what comes first behind the Quoted-string that b begins with.
func quoteEnd(b []byte) (int, *SyntaxError) {
	for i := 1; i < len(b); i++ {
		c := b[i]
		if c == '"' {
			return i + 1, nil
		}
		if c == '\\' && i+1 < len(b) {
			i++
			c = b[i]
		}
		if isControl(c) {
			return 0, errControl
		}
	}
	return 0, errOpenQuote
}

// routeEnd returns how long the source route is that b begins with, its colon included: "@one,@two:". It is 0 where
// there is none.
func routeEnd(b []byte) (int, *SyntaxError) {
	if len(b) == 0 || b[0] != '@' {
		return 0, nil
	}
	literal := false // an address literal may hold colons (RFC 5321 section 4.1.3)
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case isControl(c):
			return 0, errControl
		case c == ' ' || c == '<' || c == '>' || c == '"' || c == '\\':
			return 0, errRoute
		case c == '[':
			literal = true
		case c == ']':
			literal = false
		case literal:
		case c == '@' && b[i-1] != ',':
			return 0, errRoute
		case c != '@' && b[i-1] == ',':
			return 0, errRoute
		case (c == ',' || c == ':') && b[i-1] == '@':
			return 0, errRoute
		case c == ':':
			return i + 1, nil
		}
	}
	return 0, errRoute
}

// isControl reports whether c is an ASCII control character.
func isControl(c byte) bool { return c < ' ' || c == 0x7f }
