// suppliers/generic-words.ts: words that many names share, and which therefore tell little: trades, branches, directions.
// Data only. Places have a list of their own (card-descriptor.ts).

export const GENERIC_WORDS: ReadonlySet<string> = new Set(
  `services service supply supplies supplier group groupe gruppe holding holdings international national global worldwide world north south east west northern southern
  eastern western central city town metro metropolitan canadian american european ontario canada centre center centres centers store stores shop shops market markets
  school schools academy college university institute institution learning child children childrens childcare daycare day care kids nursery preschool kindergarten early
  head start youth family families community public church saint st ymca association assoc assn society foundation club clubs council federation union
  restaurant restaurants cafe coffee bar grill pizza food foods catering hotel hotels inn suites motel resort travel tours airlines air
  auto automotive motors motor car cars tire tires parts equipment tools tool hardware building builders construction contracting contractors plumbing heating electric electrical
  electronics lumber home depot house garden paint glass steel metal metals industrial industries industry manufacturing mfg products product systems system solutions
  technologies technology tech software computer computers data digital media online web network networks communications communication wireless mobile phone telecom
  office business company enterprises enterprise trading traders import export imports exports distribution distributors distributor wholesale retail sales rental rentals
  medical health healthcare pharmacy drug drugs dental clinic hospital veterinary laboratory lab labs safety security fire emergency
  print printing press publishing books book news sign signs graphics design designs photo art arts music sports sport fitness games toys gifts party
  transport transportation transit logistics freight shipping courier parking taxi cab limo gas fuel oil petroleum energy power water environmental waste recycling
  cleaning laundry maintenance repair repairs management consulting consultants engineering training education educational professional legal law insurance financial finance bank
  farm farms fresh meat bakery dairy fruit flower flowers pet pets animal express direct plus super mega mini new old first one best royal premier quality general united
  und hydro star sun gasbar gas online outlet special commercial combo delivery fashion mobility certs mall plaza square airport downtown area
    elementary charter montessori development developmental program comm community hs dc cdc cpc csc social supportive blended`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
