package domains

// match reports whether a pattern, in which each * stands for any octets, is the whole of s. When a part does not
// fit it lets the last * take one octet more; an earlier * need never be looked at again, since what it could take
// more the last one can as well. So the time is bounded by the product of both lengths.
func match(pattern string, s []byte) bool {
	p, i := 0, 0
	star, taken := -1, 0 // the last *, and up to where it has taken s
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, taken = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			taken++
			p, i = star+1, taken
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
