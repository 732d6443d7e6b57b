# Makes a table of sales: awk -v rows=200000 -f sales.awk > sales.csv
# The same rows on every machine: a linear congruential generator whose numbers a double holds
# exactly. Prices are multiples of a quarter, so that sums of them are exact, too.

function next_number(below) {
  state = (state * 16807) % 2147483647
  return int(state / 8) % below
}

BEGIN {
  if (rows == 0) rows = 200000
  state = 20251121
  # Named as often as they sell.
  regions = split("centre centre east north north north south south west", region, " ")
  products = split("bearing bearing bolt bolt bolt bolt gasket pulley valve valve", product, " ")
  price["bearing"] = 19.25; price["bolt"] = 0.75; price["gasket"] = 2; price["pulley"] = 20.5
  price["valve"] = 16.5
  print "order,date,region,product,quantity,price"
  for (i = 1; i <= rows; i++) {
    where = next_number(regions) + 1
    what = next_number(products) + 1
    # The second half of the year sells a quarter more of each order.
    month = next_number(12) + 1
    quantity = 1 + next_number(month > 6 ? 25 : 20)
    printf "%d,2025-%02d-%02d,%s,%s,%d,%.2f\n", i, month, 1 + next_number(28), region[where],
      product[what], quantity, price[product[what]]
  }
}
