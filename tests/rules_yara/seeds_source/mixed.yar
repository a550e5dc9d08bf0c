rule a { strings: $a = { 41 ?? [2-4] (42|43) } $b = /x\/[^"]/is $c = "\x41\"" wide condition: for any i in (1..#a) : ( @a[i] < 3 ) }
