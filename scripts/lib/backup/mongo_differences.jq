# What differs between two inventories of mongo_questions.js, a line each. $db and $new_name: of one database only, under another name in the
# second inventory.
def database: split(".")[0];
def own: select($db == "" or (.ns | database) == $db);
def renamed: if $db == "" then . else $new_name + .[($db | length):] end;

$wanted[0] as $w | $found[0] as $f
| ($w.moved // []) as $moved
| ([$w.namespaces[] | own | .ns |= renamed]) as $mine
| ([$f.namespaces[] | select($new_name == "" or (.ns | database) == $new_name)]) as $theirs
# Nothing of a database is compared in which a command ran (drop, create, an index), and no count of what was written to.
| def command_ran: (. | database) as $name | $moved | any(. == "\($name).$cmd");
  def written: . as $ns | $w.moved == null and ($w | has("moved")) or ($moved | any(. == $ns));
  # Where the second server removes what expires, there may be less of that by now.
  def expires: $f.expires and (.options.expireAfterSeconds != null or (.indexes // [] | any(.expireAfterSeconds != null)));
  def other_count($count): if expires then $count > .count else $count != .count end;
  ($theirs | map({(.ns): .}) | add // {}) as $there
| ($mine | map({(.ns): .}) | add // {}) as $here
| ($mine[] | select(.ns | command_ran | not) | . as $one | $there[.ns] as $other
   | if $other == null then "\(.ns) is missing"
     else
       (if .type != $other.type then "\(.ns) is \($other.type) instead of \(.type)" else empty end),
       (if .options != $other.options then "\(.ns) has other options" else empty end),
       (if .indexes != $other.indexes then "\(.ns) has other indexes" else empty end),
       (if (.ns | written | not) and other_count($other.count) then "\(.ns) has \($other.count) documents instead of \(.count)" else empty end)
     end),
  ($theirs[] | select((.ns | command_ran | not) and $here[.ns] == null) | "\(.ns) is not in it"),
  (if $db != "" then empty else
     ("users", "roles") as $kind
     | select(("admin.system.\($kind)" | written or command_ran) | not)
     | select($w[$kind] != null and $f[$kind] != null and $w[$kind] != $f[$kind])
     | "\($f[$kind]) \($kind) instead of \($w[$kind])"
   end),
  # Views have their database's name in their keys.
  (select($w.hashes and $f.hashes) | $w.hashes | to_entries[] | select($db == "" or .key == $db) | .key as $name
   | .value | to_entries[] | select($db == "" or .key != "system.views")
   | select("\($name | renamed).\(.key)" as $ns | $here[$ns] // {} | expires | not)
   | select($f.hashes[$name | renamed][.key] != .value) | "\($name).\(.key) has another hash")
