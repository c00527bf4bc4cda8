package doc

import "strings"

// Parse reads JSON when the document begins with a brace or a bracket, else YAML.
// A file whose name says YAML may also begin with a brace and be only YAML.
func Parse(file string, data []byte) (*Node, []Warning, error) {
	var w warnings
	text := decodeText(file, data, &w)
	start := strings.TrimLeft(text, " \t\r\n")
	if start == "" || start[0] != '{' && start[0] != '[' {
		n, err := parseYAML(file, text, &w)
		if err != nil {
			return nil, w.all(), err
		}
		return n, w.all(), nil
	}
	decoded := w
	n, err := parseJSON(file, text, &w)
	lower := strings.ToLower(file)
	if err != nil && (strings.HasSuffix(lower, ".yaml") || strings.HasSuffix(lower, ".yml")) {
		if asYAML, yamlErr := parseYAML(file, text, &decoded); yamlErr == nil {
			return asYAML, decoded.all(), nil
		}
	}
	if err != nil {
		return nil, w.all(), err
	}
	return n, w.all(), nil
}
