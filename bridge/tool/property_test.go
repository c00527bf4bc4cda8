package tool

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAnyCombination: whatever keywords a document puts together, every client takes
// what is listed, and the check takes a value for it.
func TestAnyCombination(t *testing.T) {
	keywords := strings.Fields(`
		"type":"string" "type":"integer" "type":"number" "type":"boolean" "type":"array" "type":"object" "type":["string","null"] "type":"any" "type":"file"
		"enum":["a","b"] "enum":[1,2] "enum":["1","2.50"] "enum":[true] "enum":[null,"a"] "enum":[] "enum":["a","a"] "enum":[[1]] "const":"c" "const":5
		"minLength":3 "maxLength":1 "maxLength":0 "pattern":"^[a-z]{2}$" "pattern":"^(?!x)" "pattern":"/^a+$/i" "pattern":"^\\p{L}+$" "pattern":"[" "pattern":"~^a$~"
		"minimum":10 "maximum":1 "exclusiveMinimum":true "exclusiveMaximum":5 "multipleOf":0.3 "multipleOf":7 "multipleOf":0 "minimum":1e30
		"items":{"type":"string"} "items":[{"type":"string"},{"type":"integer"}] "items":false "minItems":3 "maxItems":1 "uniqueItems":true "prefixItems":[{"type":"string"}]
		"contains":{"type":"integer"} "properties":{"x":{"type":"string"},"y":false} "required":["x","z"] "required":["y"] "additionalProperties":false
		"additionalProperties":{"type":"integer"} "minProperties":4 "maxProperties":1 "propertyNames":{"pattern":"^q"} "dependentRequired":{"x":["w"]}
		"patternProperties":{"^(?=a)":{"type":"string"}} "not":{} "not":{"type":"string"} "not":{"required":["x"]} "if":{"type":"string"} "then":{"minLength":9} "else":false
		"allOf":[{"type":"string"},{"maxLength":2}] "allOf":[{"type":"string"},{"type":"integer"}] "allOf":[{"properties":{"w":{"type":"string"}},"additionalProperties":false}]
		"anyOf":[{"type":"string"},{"type":"null"}] "anyOf":[{"required":["x"]},{"required":["v"]}] "oneOf":[{"type":"integer"},{"type":"number"}] "oneOf":[false,{"minLength":2}]
		"default":"d" "default":7 "examples":[1,"a"] "format":"int64" "format":"strange" "nullable":true "readOnly":true`)
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var schema []string
		seen := map[string]bool{}
		for range 2 + random.IntN(4) {
			k := keywords[random.IntN(len(keywords))]
			if name, _, _ := strings.Cut(k, ":"); !seen[name] {
				seen[name] = true
				schema = append(schema, k)
			}
		}
		text := "{" + strings.Join(schema, ",") + "}"
		if random.IntN(3) == 0 {
			text = fmt.Sprintf(`{"type":"object","properties":{"in":%s},"required":["in"]}`, text)
		}
		one := importedTool(t, text)
		checkListed(t, one)
		givable(t, one)
		if t.Failed() {
			t.Fatalf("for %s", text)
		}
	}
}
