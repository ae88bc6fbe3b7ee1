package embedded

import (
	"regexp"
	"strings"
)

// quote writes s as an SQL string literal.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quoteName writes s as an SQL identifier.
func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}

// skipSpace takes white space and comments off the front of a query.
func skipSpace(query string) string {
	for {
		query = strings.TrimLeft(query, " \t\r\n\f\v")
		switch {
		case strings.HasPrefix(query, "--"), strings.HasPrefix(query, "# "), strings.HasPrefix(query, "#!"):
			_, query, _ = strings.Cut(query, "\n")
		case strings.HasPrefix(query, "/*"):
			_, query, _ = strings.Cut(query[2:], "*/")
		default:
			return query
		}
	}
}

// firstWord is the query's first keyword in capitals.
func firstWord(query string) string {
	query = skipSpace(query)
	for strings.HasPrefix(query, "(") {
		query = skipSpace(query[1:])
	}
	if end := strings.IndexFunc(query, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') }); end >= 0 {
		query = query[:end]
	}
	return strings.ToUpper(query)
}

// returnsRows tells whether a query is one that the engine can stream: SELECT, or WITH that leads to one.
func returnsRows(query string) bool {
	word := firstWord(query)
	return word == "SELECT" || word == "WITH"
}

// inlineFormat finds an INSERT that carries its rows in some format, where a semicolon may be data.
var inlineFormat = regexp.MustCompile(`(?i)\bFORMAT\s+\w`)

// severalStatements tells whether text follows a semicolon. A server refuses that; the engine's client would run all of them.
func severalStatements(query string) bool {
	if firstWord(query) == "INSERT" && inlineFormat.MatchString(query) {
		return false
	}
	for query != "" {
		query = skipSpace(query)
		if query == "" {
			break
		}
		switch quote := query[0]; quote {
		case ';':
			return strings.Trim(skipSpace(query[1:]), "; \t\r\n") != ""
		case '\'', '"', '`':
			end := 1
			for end < len(query) && query[end] != quote {
				if query[end] == '\\' {
					end++
				}
				end++
			}
			query = query[min(end+1, len(query)):]
		default:
			query = query[1:]
		}
	}
	return false
}
