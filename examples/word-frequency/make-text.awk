# Makes the example's text: awk -f make-text.awk > harbour.txt
# The same text everywhere: the numbers come from a small generator of our own, not from awk's.
function next_number(below) { seed = (seed * 16807) % 2147483647; return int(seed / 2147483647 * below) }
# Low indexes more often, as words in a real text are.
function pick(list,    a, n, x) { n = split(list, a, ","); x = next_number(1000) / 1000; return a[1 + int(n * x * x)] }
function sentence(    s) {
  s = "the " pick(adjectives) " " pick(nouns) " " pick(verbs) " " pick(places)
  if (next_number(3) == 0) s = pick(times) " " s
  if (next_number(2) == 0) s = s ", and " pick(people) " " pick(verbs) " the " pick(nouns)
  if (next_number(4) == 0) s = s " because the " pick(nouns) " was " pick(adjectives)
  return toupper(substr(s, 1, 1)) substr(s, 2) "."
}
BEGIN {
  seed = 20250101
  nouns = "boat,harbour,lamp,rope,tide,letter,crane,gull,engine,ledger,net,anchor,bell,cargo,market,window,lighthouse,pilot,barrel,compass,chart,storm,sail,mast,bridge,warehouse,signal,clock,kettle,telescope"
  adjectives = "old,grey,small,quiet,heavy,bright,wet,slow,careful,broken,northern,patient,rusted,narrow,golden,restless,distant,painted,hollow,weathered"
  verbs = "waited,turned,carried,found,followed,watched,counted,mended,crossed,lifted,remembered,weighed,answered,drifted,measured,signalled"
  places = "by the quay,at the gate,under the bridge,in the fog,near the wall,on the pier,behind the market,beyond the breakwater,along the canal,above the dock"
  times = "at dawn,after the rain,before noon,in winter,once a year,late that night,between two tides"
  people = "the pilot,a stranger,the harbour master,nobody,the youngest sailor,an old friend,the keeper"
  for (paragraph = 1; paragraph <= 420; paragraph++) {
    text = ""
    for (i = 3 + next_number(4); i > 0; i--) text = text (text == "" ? "" : " ") sentence()
    print text "\n"
  }
}
